<?php
// What holds for every webmail of a Configureme installation; who includes it has said where the servers are.

$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
// Passwords, rules and replies have one author: the panel. No managesieve, password or vacation here.
$config['plugins'] = ['configureme'];
$config['enable_installer'] = false;
$config['product_name'] = 'Webmail';
$config['skin'] = 'elastic';
$config['drafts_mbox'] = 'Drafts';
$config['junk_mbox'] = 'Junk';
$config['sent_mbox'] = 'Sent';
$config['trash_mbox'] = 'Trash';
$config['create_default_folders'] = false;
$config['session_lifetime'] = 30;
$config['session_samesite'] = 'Lax';
$config['max_message_size'] = '25M';
$config['auto_create_user'] = true;
$config['login_rate_limit'] = 0; // counted by the policy server, for each account and network
$config['useragent'] = 'Webmail';
$config['http_received_header'] = false;
$config['spellcheck_engine'] = 'pspell'; // nothing that is being written goes to strangers
$config['enable_spellcheck'] = false;
$config['address_book_type'] = 'sql';

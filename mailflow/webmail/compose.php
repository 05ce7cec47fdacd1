<?php
// For the image of Roundcube in docker-compose.yml.

$config['imap_host'] = 'ssl://mail:993';
$config['smtp_host'] = 'tls://mail:587';
// The certificate names the platform's host; the two containers share a network of their own.
$config['imap_conn_options'] = $config['smtp_conn_options'] = ['ssl' => ['verify_peer' => true, 'verify_peer_name' => true, 'peer_name' => getenv('MAIL_HOST')]];
$config['des_key'] = getenv('WEBMAIL_KEY');
$config['proxy_whitelist'] = [getenv('WEBMAIL_PROXY')];
$config['configureme_panel'] = getenv('PUBLIC_URL');
$config['support_url'] = getenv('PUBLIC_URL') . '/mailbox/';

require '/var/roundcube/common.php';

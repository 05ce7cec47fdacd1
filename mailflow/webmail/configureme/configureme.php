<?php

/**
 * Joins Roundcube to the panel: says where people really are when they sign in, and leads to where they change
 * password, rules and replies.
 */
class configureme extends rcube_plugin
{
    public function init()
    {
        $this->add_hook('storage_connect', [$this, 'say_where_from']);
        $this->add_hook('settings_actions', [$this, 'add_link']);
        $this->register_action('plugin.configureme', [$this, 'lead_to_panel']);
    }

    /** Wrong passwords shut out the network that they came from, not the webmail with everybody in it. */
    public function say_where_from($args)
    {
        $args['preauth_ident'] = ['x-originating-ip' => rcube_utils::remote_addr()];
        return $args;
    }

    public function add_link($args)
    {
        $this->add_texts('localization/');
        $args['actions'][] = [
            'action' => 'plugin.configureme',
            'class' => 'password',
            'label' => 'mailbox',
            'title' => 'mailbox',
            'domain' => 'configureme',
        ];
        return $args;
    }

    public function lead_to_panel()
    {
        header('Location: ' . rtrim(rcmail::get_instance()->config->get('configureme_panel'), '/') . '/mailbox/');
        exit;
    }
}

<?php
// PHP's own web server asks here what to do with a request: nothing but Roundcube's page and its static files is served.

define('INSTALL_PATH', __DIR__ . '/');
$asked = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if ($asked === '/' || $asked === '/index.php') {
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
    $_SERVER['SCRIPT_FILENAME'] = INSTALL_PATH . 'index.php';
    unset($_SERVER['PATH_INFO']);
    require INSTALL_PATH . 'index.php';
    return true;
}
$static = '~^/(skins|program/(js|resources)|plugins/\w+)/[\w./-]+\.(css|js|png|svg|gif|jpe?g|ico|woff2?|ttf|html|json)$~';
if (strpos($asked, '..') === false && preg_match($static, $asked) && is_file(__DIR__ . $asked)) {
    return false;
}
http_response_code(404);
return true;

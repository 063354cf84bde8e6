<?php
// What a visitor granted, as the consent gateway says it: Consent-Granted, signed (RFC 9421, hmac-sha256).
//
// granted() is for an application: pass it array_change_key_case(getallheaders()). As a command it reads header lines:
//     php granted.php KEY_FILE AUTHORITY < headers
// AUTHORITY is the host that the request asks for, in lower case, with its port unless that is the scheme's own.
// Anything that isn't the gateway's word is no grant.

const TOLERANCE = 300; // seconds that the gateway's clock and yours may be apart
const OURS = '/(?:^|,)[ \t]*consent=(\("consent-granted" "@authority"\);created=(\d+);keyid="[0-9a-f]+";alg="hmac-sha256")/';
const VALUE = '/(?:^|,)[ \t]*consent=:([A-Za-z0-9+\/=]+):/';

function read_key(string $path): string
{
    return base64_decode(preg_replace('/^whsec_/', '', trim(file_get_contents($path))), true);
}

/** The granted purposes; null where nobody we trust says so. */
function granted(array $headers, string $authority, string $key, ?int $now = null): ?array
{
    $told = $headers['consent-granted'] ?? null;
    $inputs = preg_match_all(OURS, $headers['signature-input'] ?? '', $input);
    $values = preg_match_all(VALUE, $headers['signature'] ?? '', $value);
    if ($told === null || !$inputs || !$values) {
        return null;
    }
    $parameters = $input[1][$inputs - 1];
    $base = "\"consent-granted\": $told\n\"@authority\": $authority\n\"@signature-params\": $parameters";
    $right = base64_encode(hash_hmac('sha256', $base, $key, true));
    $fresh = abs(($now ?? time()) - (int) $input[2][$inputs - 1]) <= TOLERANCE;
    return $fresh && hash_equals($right, $value[1][$values - 1]) ? array_map('trim', explode(',', $told)) : null;
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    $headers = [];
    foreach (file('php://stdin') as $line) {
        [$name, $value] = array_map('trim', explode(':', $line, 2)) + [1 => null];
        if ($value !== null) {
            $name = strtolower($name);
            $headers[$name] = isset($headers[$name]) ? "{$headers[$name]}, $value" : $value;
        }
    }
    $purposes = granted($headers, $argv[2], read_key($argv[1]));
    echo $purposes === null ? "not the gateway's word\n" : 'granted: ' . implode(' ', $purposes) . "\n";
    exit($purposes === null ? 1 : 0);
}

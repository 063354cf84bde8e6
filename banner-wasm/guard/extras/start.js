// Runs what the site has switched on.

if (site.consentMode) consentMode();
if (site.pageApi) pageApi();
if (site.reports) reports();

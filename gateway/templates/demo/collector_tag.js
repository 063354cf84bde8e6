(function () {
  var page = encodeURIComponent(location.pathname);
{%- match collector %}
{%- when Collector::Stats %}
  // Sets the cookie that the best known of such scripts sets, with a number of this demo's own making.
  if (!/(?:^|; )_ga=/.test(document.cookie)) {
    document.cookie = "_ga=GA1.1." + Math.floor(Math.random() * 1e9) + ".1; Path=/; Max-Age=63072000; SameSite=Lax";
  }
{%- when Collector::Interest %}
  var place = document.getElementById("interest");
  if (place) { place.hidden = false; }
{%- when Collector::Ads %}
{%- endmatch %}
  new Image().src = "{{ beacon }}&page=" + page;
})();

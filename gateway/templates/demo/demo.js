// Keeps the counts of a demo page fresh, tells which tags are held, and lists the cookies that scripts can read.
// It changes nothing: without it the page shows what the server knew.
(function () {
  "use strict";
  function showCookies() {
    var place = document.getElementById("script-cookies");
    if (!place) { return; }
    var names = document.cookie.split("; ").filter(Boolean).map(function (pair) { return pair.split("=")[0]; });
    place.textContent = names.length ? names.join(", ") : place.dataset.none;
    place.classList.toggle("none", names.length === 0);
  }
  function showTags() {
    document.querySelectorAll("[data-state-of]").forEach(function (place) {
      var tag = document.querySelector('[data-demo-tag="' + place.dataset.stateOf + '"]');
      if (!tag) { return; }
      var asleep = tag.hasAttribute("data-consent-hold");
      place.textContent = asleep ? place.dataset.asleep : place.dataset.awake;
      place.classList.toggle("asleep", asleep);
    });
  }
  function showHits() {
    if (document.hidden || !document.querySelector("[data-hits]")) { return; }
    fetch("/hits.json", { cache: "no-store" }).then(function (answer) { return answer.json(); }).then(function (hits) {
      document.querySelectorAll("[data-hits]").forEach(function (place) {
        var now = String(hits[place.dataset.hits] || 0);
        if (place.textContent !== now) {
          place.textContent = now;
          place.classList.add("changed");
        }
      });
    }).catch(function () { /* The demo has stopped: the last counts stay. */ });
  }
  function show() { showCookies(); showTags(); showHits(); }
  show();
  setInterval(show, 2000);
})();

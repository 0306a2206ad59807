// Before the first paint: charts and the switch appear only where scripts run, and the chosen language shows at once.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var wanted = new URLSearchParams(location.search).get("lang");
  if (wanted !== "en" && wanted !== "zh") {
    try { wanted = localStorage.getItem("bookworth-language"); } catch (error) { wanted = null; }
  }
  if (wanted !== "en" && wanted !== "zh") {
    wanted = /^zh\b/i.test(navigator.language || "") ? "zh" : "en";
  }
  root.lang = wanted === "zh" ? "zh-CN" : "en";
})();

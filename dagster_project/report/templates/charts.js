// Charts, one after another so that the page stays usable; drawn anew in the other language on switching.
(function () {
  "use strict";
  var figures = JSON.parse(document.getElementById("figures").textContent);
  var config = { displayModeBar: false, displaylogo: false, showSendToCloud: false, responsive: true };
  var round = 0;

  function language() { return document.documentElement.lang === "zh-CN" ? "zh" : "en"; }

  function draw(id, width) {
    var holder = document.getElementById(id);
    var figure = figures[id][language()];
    var layout = JSON.parse(JSON.stringify(figure.layout));
    var data = JSON.parse(JSON.stringify(figure.data));
    var space = width || holder.clientWidth;
    if (space < 520) {
      layout.font.size = 11;
      layout.margin.r = Math.min(layout.margin.r, 40);
      Object.keys(layout).filter(function (name) { return /^[xy]axis/.test(name); }).forEach(function (name) {
        layout[name].tickfont.size = 11;
        if (layout[name].nticks) { layout[name].nticks = 4; }
        if (/^M\d+$/.test(layout[name].dtick)) { layout[name].dtick = "M" + 2 * layout[name].dtick.slice(1); }
      });
      // Each bar of a bridge says its figure; the axis would say it again and take a bar's room.
      if (layout.meta === "bridge") {
        layout.yaxis.showticklabels = false;
        if (data[0].x.length > 7) { data[1].textfont.size = 9; layout.xaxis.tickfont.size = 9; layout.xaxis.tickangle = -60; }
      }
    }
    if (width) { layout.width = width; layout.autosize = false; }
    return Plotly.react(holder, data, layout, config);
  }

  function drawAll() {
    var mine = ++round;
    var waiting = Object.keys(figures);
    (function next() {
      if (mine !== round || !waiting.length) {
        if (mine === round) { document.documentElement.dataset.charts = language(); }
        return;
      }
      draw(waiting.shift());
      setTimeout(next, 0);
    })();
  }

  // Paper is narrower than the window; draw for it at once, and back afterwards.
  window.addEventListener("beforeprint", function () {
    round += 1;
    Object.keys(figures).forEach(function (id) {
      draw(id, document.getElementById(id).closest(".small") ? 330 : 680);
    });
  });
  window.addEventListener("afterprint", drawAll);
  document.addEventListener("bookworth:language", drawAll);
  drawAll();
})();

// Draws the table of each chart on the page, in one theme. Without this file the tables stand open.
(() => {
  "use strict";
  if (window.jyCharts) return;
  window.jyCharts = true;
  const library = document.currentScript?.dataset.library;
  const INK = "#1f1f1f", INK2 = "#595959", LINE = "#e3e3e3";
  const COLOURS = ["#0958d9", "#08979c", "#ad4e00", "#531dab", "#595959", "#3f6600"];
  const TONES = { idle: "#8c8c8c", running: "#0958d9", good: "#237804", warn: "#ad6800", bad: "#cf1322", closed: "#595959" };
  const FONT = getComputedStyle(document.body).fontFamily;
  const number = new Intl.NumberFormat(document.documentElement.lang || "zh-CN", { maximumFractionDigits: 2 });

  const read = (figure) => {
    const heads = [...figure.querySelectorAll(".jy-chart-table thead th")];
    const rows = [...figure.querySelectorAll(".jy-chart-table tbody tr")];
    const cells = rows.map((row) => [...row.querySelectorAll("td[data-value]")]);
    const count = cells[0]?.length || 0;
    const kind = figure.dataset.chart;
    // one or two days make no line
    const few = kind === "line" && rows.length < 3;
    return {
      kind: few ? "bars" : kind,
      upright: kind === "line" || "upright" in figure.dataset,
      labels: rows.map((row) => row.querySelector("th").textContent.trim()),
      urls: rows.map((row) => row.querySelector("th a")?.href || ""),
      shares: rows.map((row) => row.querySelector("td:not([data-value])")?.textContent.trim() || ""),
      series: heads.slice(1, count + 1).map((head, place) => ({
        name: head.textContent.trim(),
        colour: TONES[head.dataset.tone] || COLOURS[place % COLOURS.length],
        values: cells.map((row) => (row[place].dataset.value === "" ? null : Number(row[place].dataset.value))),
      })),
    };
  };

  const text = { fontFamily: FONT, fontSize: 12, color: INK2 };
  const frame = (chart) => ({
    animation: false,
    textStyle: text,
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      axisPointer: { type: chart.kind === "line" ? "line" : "shadow", lineStyle: { color: "#8c8c8c" } },
      backgroundColor: "#fff",
      borderColor: "#8c8c8c",
      textStyle: { fontFamily: FONT, fontSize: 13, color: INK },
      valueFormatter: (value) => (value === null || value === undefined ? "—" : number.format(value)),
    },
  });
  const measure = { type: "value", min: 0, minInterval: 1, splitNumber: 4, axisLabel: { ...text, formatter: (v) => number.format(v) }, splitLine: { lineStyle: { color: LINE } }, axisLine: { show: false } };
  // days are told short on the axis and whole in the hint
  const short = (label) => (/^\d{4}-\d{2}-\d{2}$/.test(label) ? label.slice(5) : label);

  const line = (chart, width) => ({
    ...frame(chart),
    grid: { left: 8, right: chart.series.length > 1 && width > 480 ? 112 : 28, top: 20, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: chart.labels, boundaryGap: false, axisLabel: { ...text, formatter: short, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: "#8c8c8c" } } },
    yAxis: measure,
    series: chart.series.map((one, place) => ({
      type: "line", name: one.name, data: one.values, color: one.colour, symbol: ["circle", "rect", "triangle", "diamond"][place % 4], symbolSize: 7,
      showSymbol: chart.labels.length <= 31, lineStyle: { width: 2, type: ["solid", "dashed", "dotted"][place % 3] },
      endLabel: { show: chart.series.length > 1 && width > 480, formatter: "{a}", color: one.colour, fontFamily: FONT, fontSize: 12, width: 100, overflow: "break" },
      label: { show: chart.labels.length === 1, formatter: ({ value }) => number.format(value), color: INK, position: "top" },
      labelLayout: { moveOverlap: "shiftY" },
    })),
  });

  const bars = (chart, width) => {
    const stacked = chart.kind === "stacked";
    const names = { type: "category", data: chart.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: "#8c8c8c" } } };
    const value = { ...measure, ...(stacked || chart.upright ? {} : { axisLabel: { show: false }, splitLine: { show: false } }) };
    const label = (one, place) => ({
      show: !chart.upright || !stacked, position: stacked ? "inside" : chart.upright ? "top" : "right",
      color: stacked ? "#fff" : INK, fontFamily: FONT, fontSize: 12,
      formatter: ({ value, dataIndex }) => {
        if (value === null || (stacked && !value)) return "";
        const share = chart.kind === "share" ? ` · ${chart.shares[dataIndex]}` : "";
        return number.format(value) + share;
      },
    });
    return {
      ...frame(chart),
      grid: { left: 8, right: stacked || chart.upright ? 16 : 96, top: 12, bottom: 4, containLabel: true },
      [chart.upright ? "xAxis" : "yAxis"]: { ...names, inverse: !chart.upright, axisLabel: chart.upright ? { ...text, formatter: short, hideOverlap: true } : { ...text, color: INK, fontSize: 13, width: Math.min(200, width * 0.36), overflow: "break", interval: 0 } },
      [chart.upright ? "yAxis" : "xAxis"]: value,
      series: chart.series.map((one, place) => ({
        type: "bar", name: one.name, data: one.values, color: one.colour, stack: stacked ? "whole" : undefined, barMaxWidth: chart.upright ? 40 : 22,
        itemStyle: stacked ? { borderColor: "#fff", borderWidth: 1 } : undefined, label: label(one, place),
        labelLayout: stacked ? { hideOverlap: true } : undefined,
      })),
    };
  };

  const height = (chart) => {
    if (chart.upright) return chart.labels.length < 3 ? 180 : 260;
    const each = chart.kind === "bars" && chart.series.length > 1 ? 16 + 22 * chart.series.length : 36;
    return Math.max(96, chart.labels.length * each + 32);
  };

  const draw = (figure) => {
    const place = figure.querySelector(".jy-chart-canvas");
    if (!place || figure.jyChart || !window.echarts) return;
    const chart = read(figure);
    place.hidden = false;
    place.style.height = `${height(chart)}px`;
    const drawn = window.echarts.init(place, null, { renderer: "canvas" });
    const paint = () => drawn.setOption((chart.kind === "line" ? line : bars)(chart, place.clientWidth), true);
    paint();
    figure.jyChart = drawn;
    figure.querySelector("details.jy-chart-data").open = false;
    figure.querySelector('[data-export="png"]')?.removeAttribute("hidden");
    drawn.on("click", ({ dataIndex }) => { if (chart.urls[dataIndex]) location.assign(chart.urls[dataIndex]); });
    new ResizeObserver(() => { drawn.resize(); paint(); }).observe(place);
  };

  let loading;
  const ready = () => (loading ||= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = library;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  }));
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      ready().then(() => document.querySelectorAll(".jy-chart").forEach(draw), () => {});
    }
  }, { rootMargin: "400px" });
  const find = (root) => root.querySelectorAll(".jy-chart").forEach((figure) => {
    figure.querySelector('[data-export="csv"]')?.removeAttribute("hidden");
    if (figure.querySelector(".jy-chart-canvas")) seen.observe(figure);
  });

  const save = (name, url) => {
    const link = document.createElement("a");
    link.download = name;
    link.href = url;
    link.click();
  };
  // A cell that a spreadsheet would take for a formula is told to be text.
  const field = (words) => `"${(/^[=+\-@\t\r]/.test(words) && !/^-?[\d.,]+%?$/.test(words) ? `'${words}` : words).replaceAll('"', '""')}"`;
  const csv = (figure) => [...figure.querySelectorAll(".jy-chart-table tr")]
    .map((row) => [...row.children].map((cell) => field((cell.dataset.value ?? cell.textContent).trim())).join(",")).join("\r\n");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-export]");
    const figure = button?.closest(".jy-chart");
    if (!figure) return;
    const name = figure.querySelector("h2").firstChild.textContent.trim();
    if (button.dataset.export === "csv") {
      const url = URL.createObjectURL(new Blob(["\ufeff", csv(figure)], { type: "text/csv;charset=utf-8" }));
      save(`${name}.csv`, url);
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    } else if (figure.jyChart) {
      save(`${name}.png`, figure.jyChart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: "#fff" }));
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => find(event.target));
  find(document);
})();

// Charts of one object: one figure per quantity, gaps stay gaps, every figure on the same time axis.
"use strict";
(() => {
  const box = document.getElementById("charts");
  if (!box) return;
  const french = box.dataset.language === "fr";
  const locale = french ? "fr-FR" : "en-GB";
  const zone = "Europe/Paris";
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const day = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", timeZone: zone });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short", timeZone: zone });
  const figure = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const groups = [
    { columns: ["in_bps", "out_bps"], scale: 1e-3, unit: "kbit/s" }, { columns: ["utilisation_ratio"], scale: 100, unit: "%" },
    { columns: ["loss_ratio"], scale: 100, unit: "%" }, { columns: ["rtt_s"], scale: 1000, unit: "ms" },
    { columns: ["cinr_db"], scale: 1, unit: "dB", level: true }, { columns: ["rssi_dbm"], scale: 1, unit: "dBm", level: true },
    { columns: ["clients"], scale: 1, unit: "" }, { columns: ["errors_per_s"], scale: 1, unit: "/s" },
  ];
  let period = "hour";
  let plots = [];
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const draw = (data) => {
    plots.forEach((plot) => plot.destroy());
    plots = [];
    box.replaceChildren();
    const shown = groups.map((group) => ({ ...group, columns: group.columns.filter((column) => data.values[column]) })).filter((group) => group.columns.length);
    const holders = shown.map(({ columns, unit }) => {
      const holder = document.createElement("figure");
      const caption = document.createElement("figcaption");
      caption.textContent = columns.map((c) => box.getAttribute(`data-${c}`)).join(" / ") + (unit ? ` (${unit})` : "");
      holder.append(caption);
      box.append(holder);
      return holder;
    });
    shown.forEach((group, place) => {
      const { columns } = group, holder = holders[place];
      const colours = [token("--accent"), token("--degraded")];
      const axis = { stroke: token("--ink-soft"), grid: { stroke: token("--line"), width: 1 }, ticks: { stroke: token("--line") } };
      const long = data.end_s - data.start_s > 2 * 86400;
      plots.push(new uPlot({
        width: Math.max(260, holder.clientWidth), height: 170, legend: { live: true },
        scales: { x: { min: data.start_s, max: data.end_s, time: true }, y: { range: group.level ? undefined : (_, low, high) => [0, Math.max(1, high || 0) * 1.08] } },
        axes: [{ ...axis, values: (_, ticks) => ticks.map((t) => (long ? day : time).format(t * 1000)) },
          { ...axis, size: 62, values: (_, ticks) => ticks.map((v) => figure.format(v)) }],
        series: [{ label: box.dataset.time, value: (_, v) => (v == null ? "–" : full.format(v * 1000)) },
          ...columns.map((column, i) => ({ label: box.getAttribute(`data-${column}`), stroke: colours[i], width: 1.4, points: { show: data.at_s.length < 40 },
            value: (_, v) => (v == null ? "–" : `${figure.format(v)} ${group.unit}`) }))],
      }, [data.at_s, ...columns.map((column) => data.values[column].map((v) => (v == null ? null : v * group.scale)))], holder));
    });
    if (!plots.length) {
      const empty = document.createElement("p");
      empty.className = "soft";
      empty.textContent = box.dataset.empty;
      box.append(empty);
    }
    box.dataset.ready = period;
  };
  // A point after more than three usual steps is after a gap: a null goes between.
  const withGaps = (data) => {
    const at = data.at_s;
    if (at.length < 3) return data;
    const steps = at.slice(1).map((t, i) => t - at[i]).sort((a, b) => a - b);
    const limit = 3 * steps[Math.floor(steps.length / 2)];
    const out = { ...data, at_s: [], values: Object.fromEntries(Object.keys(data.values).map((k) => [k, []])) };
    at.forEach((t, i) => {
      if (i && t - at[i - 1] > limit) {
        out.at_s.push(at[i - 1] + 1);
        for (const key in out.values) out.values[key].push(null);
      }
      out.at_s.push(t);
      for (const key in out.values) out.values[key].push(data.values[key][i]);
    });
    return out;
  };
  const load = async () => {
    const answer = await fetch(`${box.dataset.series}?${box.dataset.day ? `jour=${box.dataset.day}` : `period=${period}`}`, { headers: { Accept: "application/json" } });
    if (answer.ok) draw(withGaps(await answer.json()));
  };
  document.querySelectorAll("[data-period]").forEach((button) => button.addEventListener("click", () => {
    period = button.dataset.period;
    document.querySelectorAll("[data-period]").forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
    load();
  }));
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(load, 200); });
  if (!box.dataset.day) setInterval(load, 30000);
  load();
})();

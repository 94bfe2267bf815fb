// The map: no tile server; communes as circles in proportion, sectors as wedges, links as lines. Values change in place.
"use strict";
(() => {
  const box = document.getElementById("map");
  if (!box || !window.L) return;
  const list = document.getElementById("map-list");
  const locale = box.dataset.language === "fr" ? "fr-FR" : "en-GB";
  const figure = new Intl.NumberFormat(locale);
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const map = L.map(box, { attributionControl: false, preferCanvas: true, zoomControl: false, zoomSnap: 0.25 });
  L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  const layer = L.layerGroup().addTo(map);
  const shapes = { up: "M8 2a6 6 0 1 0 .01 0z", degraded: "M8 1.5 15 14H1z", down: "M2 2h12v12H2z", unknown: "M8 2.5a5.5 5.5 0 1 0 .01 0z", unmeasured: "M2 2h12v12H2zM2 8l6-6M2 14 14 2M8 14l6-6" };
  const circles = new Map();
  let placed = false;

  const radius = (people) => 3 + Math.sqrt((people || 200) / 260);
  const wedge = (lat, lon, azimuth, width, km) => {
    const points = [[lat, lon]];
    for (let i = 0; i <= 8; i += 1) {
      const angle = ((azimuth - width / 2 + (width * i) / 8) * Math.PI) / 180;
      points.push([lat + (km / 111.2) * Math.cos(angle), lon + ((km / 111.2) * Math.sin(angle)) / Math.cos((lat * Math.PI) / 180)]);
    }
    return points;
  };
  const badge = (state, word) => {
    const holder = document.createElement("span");
    holder.className = `badge-state ${state}`;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("class", `shape ${state}`);
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", shapes[state]);
    svg.append(path);
    const text = document.createElement("span");
    text.textContent = word;
    holder.append(svg, text);
    return holder;
  };
  const tip = (item) => {
    const holder = document.createElement("div");
    const title = document.createElement("strong");
    title.textContent = item.label ? `${item.name} ${item.label}` : item.name;
    holder.append(title, document.createElement("br"), badge(item.state, item.word));
    if (item.population) holder.append(` · ${figure.format(item.population)} ${box.dataset.people}`);
    if (item.why) { holder.append(document.createElement("br"), item.why); }
    return holder;
  };
  const open = (item) => () => location.assign(item.url);

  const tell = (data) => {
    const order = { down: 0, degraded: 1, unknown: 2, unmeasured: 3, up: 4 };
    const rows = [...data.communes].sort((a, b) => order[a.state] - order[b.state] || a.name.localeCompare(b.name, locale));
    const at = list.parentElement.parentElement.scrollTop;
    list.replaceChildren(...rows.map((commune) => {
      const row = document.createElement("tr");
      const cells = [document.createElement("td"), document.createElement("td"), document.createElement("td")];
      cells[0].append(badge(commune.state, commune.word));
      const link = document.createElement("a");
      link.href = commune.url;
      link.textContent = commune.name;
      cells[1].append(link);
      if (commune.lat == null) { const soft = document.createElement("span"); soft.className = "soft"; soft.textContent = ` (${list.dataset.nowhere})`; cells[1].append(soft); }
      cells[2].className = "num";
      cells[2].textContent = commune.population == null ? "–" : figure.format(commune.population);
      row.append(...cells);
      row.addEventListener("mouseenter", () => circles.get(commune.insee)?.openTooltip());
      row.addEventListener("mouseleave", () => circles.get(commune.insee)?.closeTooltip());
      return row;
    }));
    list.parentElement.parentElement.scrollTop = at;
    const count = document.getElementById("map-count");
    count.textContent = `${count.dataset.words} ${figure.format(data.placed)} / ${figure.format(data.total)}.`;
  };
  const draw = (data) => {
    layer.clearLayers();
    circles.clear();
    for (const [lat, lon, people, name] of data.others) {
      L.circleMarker([lat, lon], { radius: radius(people), stroke: false, fillColor: token("--ink-soft"), fillOpacity: 0.13 }).bindTooltip(name).addTo(layer);
    }
    for (const link of data.links) {
      L.polyline([link.a, link.b], { color: token(`--${link.state}`), weight: 1.2 + 3 * Math.min(1, link.load || 0), opacity: link.state === "up" ? 0.45 : 0.95, dashArray: link.state === "down" ? "2 5" : null }).bindTooltip(() => tip(link)).on("click", open(link)).addTo(layer);
    }
    for (const sector of data.sectors) {
      if (sector.azimuth == null) continue;
      L.polygon(wedge(sector.lat, sector.lon, sector.azimuth, Math.min(sector.width || 90, 110), 4), { color: token(`--${sector.state}`), weight: 1, fillOpacity: 0.16 }).bindTooltip(() => tip(sector)).on("click", open(sector)).addTo(layer);
    }
    for (const commune of data.communes) {
      if (commune.lat == null) continue;
      const circle = L.circleMarker([commune.lat, commune.lon], { radius: radius(commune.population), color: token("--paper"), weight: 1, fillColor: token(`--${commune.state}`), fillOpacity: 0.92 });
      circle.bindTooltip(() => tip(commune)).on("click", open(commune)).addTo(layer);
      circles.set(commune.insee, circle);
    }
    if (!placed) {
      const points = data.others.map((o) => [o[0], o[1]]).concat(data.communes.filter((c) => c.lat != null).map((c) => [c.lat, c.lon]));
      map.fitBounds(points.length ? points : [[45, -1.3], [47.2, 1.2]], { padding: [8, 8] });
      placed = true;
    }
    if (list) tell(data);
    box.dataset.ready = "yes";
  };
  const load = async () => {
    try {
      const answer = await fetch(box.dataset.source, { headers: { Accept: "application/json" } });
      if (answer.ok) draw(await answer.json());
    } catch (error) {
      const freshness = document.getElementById("freshness");
      freshness.textContent = freshness.dataset.lost;
      freshness.classList.add("lost");
    }
  };
  load();
  setInterval(load, 10000);
})();

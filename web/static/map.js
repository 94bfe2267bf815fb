// The map: no tile server; communes by their outlines, or as circles in proportion without; sectors as wedges, links as lines. Values change in place.
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
  const shapes = { up: "M8 2a6 6 0 1 0 .01 0z", degraded: "M8 1.5 15 14H1z", down: "M2 2h12v12H2z", unknown: "M8 2.5a5.5 5.5 0 1 0 .01 0z", unmeasured: "M2 2h12v12H2zM2 8l6-6M2 14 14 2M8 14l6-6" };
  let placed = false;
  const last = {}; // what was drawn last, by view

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
    if (item.former) { holder.append(document.createElement("br"), item.former); }
    return holder;
  };
  const layer = { communes: L.layerGroup().addTo(map), links: L.layerGroup().addTo(map), sectors: L.layerGroup().addTo(map), circles: L.layerGroup().addTo(map) };
  const weathered = () => box.dataset.view === "utilisation"; // the wall changes it under way
  const widths = { quiet: 2, busy: 4, full: 6, brimming: 9, none: 2 };
  const drawn = new Map(); // key -> { shape, item }: what is there is restyled in place, never drawn anew
  let outlines = null;
  let outlinesAt = null;

  const loadTip = (item) => {
    const holder = document.createElement("div");
    const title = document.createElement("strong");
    title.textContent = item.label ? `${item.name} ${item.label}` : item.name;
    holder.append(title, document.createElement("br"), item.weather.sentence, document.createElement("br"),
      `${box.dataset.inward} ${item.weather.in.text} · ${box.dataset.outward} ${item.weather.out.text}`);
    return holder;
  };
  const put = (seen, key, group, item, make, style, told) => {
    let kept = drawn.get(key);
    if (!kept) {
      kept = { shape: make(), item };
      kept.shape.bindTooltip(() => told(drawn.get(key).item), { sticky: true });
      kept.shape.on("click", () => { const { url } = drawn.get(key).item; if (url && !box.closest(".wall")) location.assign(url); });
      kept.shape.on("mouseover", () => light(key, true)).on("mouseout", () => light(key, false));
      kept.shape.addTo(group);
      drawn.set(key, kept);
    }
    kept.item = item;
    kept.style = style;
    kept.shape.setStyle(style);
    seen.add(key);
  };
  const light = (key, on) => {
    const row = list && [...list.rows].find((one) => key.startsWith(one.dataset.key));
    if (row) row.classList.toggle("lit", on);
  };
  const point = (key, on) => {
    for (const [name, kept] of drawn) {
      if (name !== key && !name.startsWith(`${key}>`)) continue;
      kept.shape.setStyle(on ? { ...kept.style, weight: (kept.style.weight || 1) + 3, color: token("--accent") } : kept.style);
      if (on) kept.shape.openTooltip(); else kept.shape.closeTooltip();
    }
  };

  const cell = (content, number) => {
    const made = document.createElement("td");
    if (number) made.className = "num";
    made.append(content);
    return made;
  };
  const named = (item, known) => {
    const made = document.createElement("td");
    const link = document.createElement("a");
    link.href = item.url;
    link.textContent = item.name;
    made.append(link);
    if (!known) { const soft = document.createElement("span"); soft.className = "soft"; soft.textContent = ` (${list.dataset.nowhere})`; made.append(soft); }
    return made;
  };
  const rowsOf = (data) => {
    if (weathered()) {
      const all = data.links.map((link) => [link, true]).concat(data.nowhere.map((link) => [link, link.at != null]));
      all.sort((a, b) => (b[0].weather.ratio ?? -1) - (a[0].weather.ratio ?? -1) || a[0].name.localeCompare(b[0].name, locale));
      return all.map(([link, known]) => [`link:${link.name}`, [named(link, known), cell(link.weather.in.text, true), cell(link.weather.out.text, true)], link.weather.sentence]);
    }
    const order = { down: 0, degraded: 1, unknown: 2, unmeasured: 3, up: 4 };
    const rows = [...data.communes].sort((a, b) => order[a.state] - order[b.state] || a.name.localeCompare(b.name, locale));
    return rows.map((commune) => [`commune:${commune.insee}`, [cell(badge(commune.state, commune.word)), named(commune, commune.lat != null || outlines?.[commune.insee]), cell(commune.population == null ? "–" : figure.format(commune.population), true)], commune.former]);
  };
  const tell = (data) => {
    const count = document.getElementById("map-count");
    count.textContent = `${count.dataset.words} ${figure.format(data.placed)} / ${figure.format(data.total)}.`;
    if (list.contains(document.activeElement) || list.matches(":hover")) return; // nothing moves under a pointer or the focus
    const at = list.parentElement.parentElement.scrollTop;
    list.replaceChildren(...rowsOf(data).map(([key, cells, title]) => {
      const row = document.createElement("tr");
      row.dataset.key = key;
      if (title) row.title = title;
      row.append(...cells);
      for (const event of ["mouseenter", "focusin"]) row.addEventListener(event, () => point(key, true));
      for (const event of ["mouseleave", "focusout"]) row.addEventListener(event, () => point(key, false));
      return row;
    }));
    list.parentElement.parentElement.scrollTop = at;
  };
  const outline = (insee) => () => L.geoJSON(outlines[insee]).getLayers()[0];
  const drawCommunes = (data, seen) => {
    const soft = token("--ink-soft");
    const plain = (name) => document.createTextNode(name);
    for (const [lat, lon, people, name, insee] of data.others) {
      const key = `other:${insee}`;
      if (outlines?.[insee]) put(seen, key, layer.communes, { name }, outline(insee), { color: soft, weight: 0.5, opacity: 0.45, fillColor: soft, fillOpacity: 0.05 }, (item) => plain(item.name));
      else if (lat != null) put(seen, key, layer.communes, { name }, () => L.circleMarker([lat, lon], { radius: radius(people) }), { stroke: false, fillColor: soft, fillOpacity: 0.13 }, (item) => plain(item.name));
    }
    for (const commune of data.communes) {
      const key = `commune:${commune.insee}`;
      const fill = weathered() ? soft : token(`--${commune.state}`);
      const dash = commune.former ? "5 4" : null;
      if (outlines?.[commune.insee]) put(seen, key, layer.communes, commune, outline(commune.insee), { color: commune.former ? token("--ink") : soft, weight: commune.former ? 2 : 1, opacity: 0.8, dashArray: dash, fillColor: fill, fillOpacity: weathered() ? 0.1 : commune.state === "up" ? 0.4 : 0.75 }, tip);
      else if (commune.lat != null) put(seen, key, layer.circles, commune, () => L.circleMarker([commune.lat, commune.lon], { radius: radius(commune.population) }), { color: token(commune.former ? "--ink" : "--paper"), weight: commune.former ? 2 : 1, dashArray: dash, fillColor: fill, fillOpacity: weathered() ? 0.25 : 0.92 }, tip);
    }
  };
  const drawLinks = (data, seen) => {
    for (const link of data.links) {
      const key = `link:${link.name}`;
      if (!weathered()) {
        put(seen, key, layer.links, link, () => L.polyline([link.a, link.b]), { color: token(`--${link.state}`), weight: 1.2 + 3 * Math.min(1, link.ratio || 0), opacity: link.state === "up" ? 0.45 : 0.95, dashArray: link.state === "down" ? "2 5" : null }, tip);
        continue;
      }
      const middle = [(link.a[0] + link.b[0]) / 2, (link.a[1] + link.b[1]) / 2];
      for (const [half, end, way] of [["in", link.a, link.weather.in], ["out", link.b, link.weather.out]]) {
        put(seen, `${key}>${half}`, layer.links, link, () => L.polyline([end, middle], { lineCap: "butt" }), { color: token(`--load-${way.class}`), weight: widths[way.class], opacity: 0.95, dashArray: way.class === "none" ? "4 5" : null }, loadTip);
      }
    }
  };
  const drawPoints = (data, seen) => { // a link of which one end has a place, or both the same: a ring at the commune served
    if (!weathered()) return;
    for (const link of data.nowhere) {
      if (!link.at) continue;
      const style = { color: token(`--load-${link.weather.class}`), weight: 1 + widths[link.weather.class] / 2, opacity: 0.95, fill: true, fillOpacity: 0.15, dashArray: link.weather.class === "none" ? "2 3" : null };
      put(seen, `link:${link.name}`, layer.links, link, () => L.circleMarker(link.at, { radius: 5 }), style, loadTip);
    }
  };
  const drawSectors = (data, seen) => {
    for (const sector of data.sectors) {
      if (sector.azimuth == null) continue;
      put(seen, `sector:${sector.name}`, layer.sectors, sector, () => L.polygon(wedge(sector.lat, sector.lon, sector.azimuth, Math.min(sector.width || 90, 110), 4)), { color: token(weathered() ? "--ink-soft" : `--${sector.state}`), weight: 1, fillOpacity: weathered() ? 0.05 : 0.16 }, tip);
    }
  };
  const draw = (data) => {
    const seen = new Set();
    last[box.dataset.view] = data;
    drawCommunes(data, seen);
    drawSectors(data, seen);
    drawLinks(data, seen);
    drawPoints(data, seen);
    for (const [key, kept] of drawn) if (!seen.has(key)) { kept.shape.remove(); drawn.delete(key); }
    if (!placed && box.clientWidth) {
      const points = data.others.concat(data.communes.map((c) => [c.lat, c.lon])).filter((o) => o[0] != null).map((o) => [o[0], o[1]]);
      const shapes = outlines ? L.featureGroup(layer.communes.getLayers()).getBounds() : null;
      map.fitBounds(shapes?.isValid() ? shapes : points.length ? points : [[45, -1.3], [47.2, 1.2]], { padding: [8, 8], animate: false });
      placed = true;
    }
    if (list) tell(data);
    box.dataset.ready = "yes";
  };
  const fetchOutlines = async (address) => {
    if (address === outlinesAt) return;
    const answer = address ? await fetch(address, { headers: { Accept: "application/json" } }) : null;
    if (address && !answer.ok) return;
    outlines = answer ? await answer.json() : null;
    outlinesAt = address;
    for (const kept of drawn.values()) kept.shape.remove();
    drawn.clear();
  };
  const load = async () => {
    try {
      const view = box.dataset.view;
      const answer = await fetch(`${box.dataset.source}?vue=${view}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const data = await answer.json();
      await fetchOutlines(data.outlines);
      if (view === box.dataset.view) draw(data);
    } catch (error) {
      if (document.querySelector("[data-live]")) return; // what lives there says it, with the time of its data
      const freshness = document.getElementById("freshness");
      freshness.textContent = freshness.dataset.lost;
      freshness.classList.add("lost");
    }
  };
  box.addEventListener("nms:view", () => {
    map.invalidateSize({ animate: false });
    placed = false;
    if (last[box.dataset.view]) draw(last[box.dataset.view]);
    load();
  });
  load();
  setInterval(load, 10000);
})();

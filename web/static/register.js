// The map of rights: a ring for each right over a commune, in the colour of its holder.
"use strict";
(() => {
  const box = document.getElementById("register-map");
  if (!box || !window.L) return;
  const map = L.map(box, { attributionControl: false, preferCanvas: true, zoomControl: false, zoomSnap: 0.25 });
  L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const tip = (commune) => {
    const holder = document.createElement("div");
    const title = document.createElement("strong");
    title.textContent = `${commune.name} (${commune.insee})`;
    holder.append(title);
    for (const right of commune.rights) {
      holder.append(document.createElement("br"), right.text);
      if (right.user && !right.text.endsWith(right.user)) holder.append(` → ${right.user}`);
    }
    return holder;
  };
  fetch(box.dataset.source, { headers: { Accept: "application/json" } }).then((answer) => answer.json()).then((communes) => {
    for (const commune of communes) {
      const radius = 2.5 + Math.sqrt((commune.population || 200) / 420);
      const rights = commune.rights.length ? commune.rights : [{ colour: null }];
      rights.forEach((right, place) => {
        const colour = right.colour === null ? token("--line") : token(`--c${right.colour}`);
        L.circleMarker([commune.lat, commune.lon], { radius: radius + 2.2 * (rights.length - 1 - place), stroke: false, fillColor: colour, fillOpacity: right.colour === null ? 0.7 : 0.9 }).bindTooltip(() => tip(commune)).addTo(map);
      });
    }
    const points = communes.map((c) => [c.lat, c.lon]);
    map.fitBounds(points.length ? points : [[45, -1.3], [47.2, 1.2]], { padding: [6, 6] });
    box.dataset.ready = "yes";
  });
})();

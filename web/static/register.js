// Maps of rights: each commune in the colour of its most local right, by its outline where there is one; a ring for each further holder.
"use strict";
for (const box of window.L ? document.querySelectorAll(".rights-map") : []) {
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
      if (right.former) holder.append(` (${right.former})`);
    }
    return holder;
  };
  const look = (right, fill) => ({
    stroke: Boolean(right.former) || fill, color: token(right.former ? "--ink" : "--paper"), weight: right.former ? 2 : 0.4, dashArray: right.former ? "5 4" : null,
    fillColor: right.colour === null ? token("--line") : token(`--c${right.colour}`), fillOpacity: right.colour === null ? 0.7 : right.former ? 0.6 : 0.9,
  });
  const told = async (address) => (await fetch(address, { headers: { Accept: "application/json" } })).json();
  const draw = async () => {
    const { communes, outlines: address } = await told(box.dataset.source);
    const outlines = address ? await told(address) : {};
    const shapes = [];
    const dashed = []; // drawn last: a neighbour would cover the edge
    const rims = []; // around the communes that a question is about
    const near = L.layerGroup(); // further rights on an outline, where there is room for them
    const put = (shape, commune) => shape.bindTooltip(() => tip(commune), { sticky: true }).on("click", () => location.assign(`/communes/${commune.insee}`));
    for (const commune of communes) {
      const rights = commune.rights.length ? commune.rights : [{ colour: null }];
      const outline = outlines[commune.insee] ? L.geoJSON(outlines[commune.insee]).getLayers()[0] : null;
      if (outline) (rights[0].former ? dashed : shapes).push(put(outline.setStyle(look(rights[0], true)), commune));
      const at = commune.lat === null ? outline.getBounds().getCenter() : [commune.lat, commune.lon];
      const seen = rights.filter((right, place) => place === rights.findIndex((other) => other.colour === right.colour && !other.former === !right.former));
      const rings = outline ? seen.slice(1) : seen;
      const radius = outline ? 4 : 2.5 + Math.sqrt((commune.population || 200) / 420);
      [...rings].reverse().forEach((right, place) => {
        const ring = put(L.circleMarker(at, { ...look(right, Boolean(outline)), radius: radius + 2.2 * (rings.length - 1 - place) }), commune);
        if (outline) ring.addTo(near); else shapes.push(ring);
      });
      const rim = { color: token("--ink"), weight: 2.5, fill: false, interactive: false };
      if (commune.about) rims.push(outline ? L.geoJSON(outlines[commune.insee], { style: rim }) : L.circleMarker(at, { ...rim, radius: radius + 2.2 * rights.length + 1.5 }));
    }
    for (const shape of shapes.concat(dashed, rims)) shape.addTo(map);
    const bounds = L.featureGroup(rims.length ? rims : shapes.concat(dashed)).getBounds();
    map.on("zoomend", () => (map.getZoom() >= 9.5 ? near.addTo(map) : near.remove()));
    map.fitBounds(bounds.isValid() ? bounds : [[45, -1.3], [47.2, 1.2]], { padding: [6, 6], maxZoom: rims.length ? 9.5 : undefined });
    box.dataset.ready = "yes";
  };
  draw();
}

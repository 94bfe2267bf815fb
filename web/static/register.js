// The map of rights: each commune in the colour of who holds there, by its outline where there is one; a ring or a disc for each further right.
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
      if (right.former) holder.append(` (${right.former})`);
    }
    return holder;
  };
  const look = (right, fill) => ({
    stroke: Boolean(right.former) || fill, color: token(right.former ? "--ink" : "--paper"), weight: right.former ? 2 : 0.6, dashArray: right.former ? "5 4" : null,
    fillColor: right.colour === null ? token("--line") : token(`--c${right.colour}`), fillOpacity: right.colour === null ? 0.7 : right.former ? 0.6 : 0.9,
  });
  const told = async (address) => (await fetch(address, { headers: { Accept: "application/json" } })).json();
  const draw = async () => {
    const { communes, outlines: address } = await told(box.dataset.source);
    const outlines = address ? await told(address) : {};
    const shapes = [];
    const over = []; // drawn last: what stands on an outline, and dashed edges, which a neighbour would cover
    for (const commune of communes) {
      const rights = commune.rights.length ? commune.rights : [{ colour: null }];
      const outline = outlines[commune.insee] ? L.geoJSON(outlines[commune.insee]).getLayers()[0] : null;
      if (outline) (rights[0].former ? over : shapes).push([outline.setStyle(look(rights[0], true)), commune]);
      const at = commune.lat === null ? outline.getBounds().getCenter() : [commune.lat, commune.lon];
      const radius = outline ? 3 : 2.5 + Math.sqrt((commune.population || 200) / 420);
      rights.forEach((right, place) => {
        if (outline && place === 0) return;
        const style = look(right, Boolean(outline));
        const disc = L.circleMarker(at, { ...style, radius: radius + 2.2 * (rights.length - 1 - place) });
        (outline ? over : shapes).push([disc, commune]);
      });
    }
    for (const [shape, commune] of shapes.concat(over)) {
      shape.bindTooltip(() => tip(commune), { sticky: true }).on("click", () => location.assign(`/communes/${commune.insee}`)).addTo(map);
    }
    const bounds = L.featureGroup(shapes.concat(over).map(([shape]) => shape)).getBounds();
    map.fitBounds(bounds.isValid() ? bounds : [[45, -1.3], [47.2, 1.2]], { padding: [6, 6] });
    box.dataset.ready = "yes";
  };
  draw();
})();

// The assistant: communes are picked on the map or in the list, channels on the ruler; the law answers beside.
"use strict";
(() => {
  const form = document.getElementById("project");
  if (!form) return;
  const area = form.elements.area_text;
  const changed = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));
  const parts = () => area.value.split(";").map((part) => part.trim()).filter(Boolean);
  const toggle = (text) => {
    const now = parts();
    area.value = (now.includes(text) ? now.filter((part) => part !== text) : [...now, text]).join("; ");
    changed(area);
  };
  document.getElementById("add_area").addEventListener("change", (event) => {
    if (event.target.value) toggle(event.target.value);
    event.target.value = "";
  });
  for (const button of form.querySelectorAll("[data-channel]")) {
    button.addEventListener("click", () => {
      form.elements.bands_text.value = form.elements.bands_text.value === button.dataset.channel ? "" : button.dataset.channel;
      changed(form.elements.bands_text);
    });
  }
  const box = document.getElementById("register-map");
  if (!window.L) return;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const map = L.map(box, { attributionControl: false, preferCanvas: true, zoomControl: false, zoomSnap: 0.25 });
  L.control.zoom({ zoomInTitle: box.dataset.zoomIn, zoomOutTitle: box.dataset.zoomOut }).addTo(map);
  const told = async (address) => (await fetch(address, { headers: { Accept: "application/json" } })).json();
  const draw = async () => {
    const { communes, outlines: address } = await told(box.dataset.source);
    const outlines = address ? await told(address) : {};
    const shapes = new Map();
    const paint = () => {
      const chosen = new Set(parts());
      for (const [insee, [shape, name, rest]] of shapes) {
        const on = chosen.has(insee) || chosen.has(name);
        shape.setStyle({ fillColor: token(on ? "--down" : "--ink-soft"), fillOpacity: on ? 0.95 : rest, color: token("--paper") });
      }
    };
    for (const commune of communes) {
      const outline = outlines[commune.insee] ? L.geoJSON(outlines[commune.insee]).getLayers()[0].setStyle({ weight: 0.6 }) : null;
      const shape = outline || L.circleMarker([commune.lat, commune.lon], { radius: 3.5 + Math.sqrt((commune.population || 200) / 420), stroke: false });
      shape.bindTooltip(`${commune.name} (${commune.insee})`, { sticky: true }).on("click", () => { toggle(commune.insee); paint(); }).addTo(map);
      shapes.set(commune.insee, [shape, commune.name, outline ? 0.2 : 0.35]);
    }
    area.addEventListener("change", paint);
    const bounds = L.featureGroup([...shapes.values()].map(([shape]) => shape)).getBounds();
    map.fitBounds(bounds.isValid() ? bounds : [[45, -1.3], [47.2, 1.2]], { padding: [6, 6] });
    paint();
    box.dataset.ready = "yes";
  };
  draw();
})();

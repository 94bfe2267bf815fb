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
  fetch(box.dataset.source).then((answer) => answer.json()).then((communes) => {
    const circles = new Map();
    const paint = () => {
      const chosen = new Set(parts());
      for (const [insee, [circle, name]] of circles) circle.setStyle({ fillColor: token(chosen.has(insee) || chosen.has(name) ? "--down" : "--ink-soft"), fillOpacity: chosen.has(insee) || chosen.has(name) ? 0.95 : 0.35 });
    };
    for (const commune of communes) {
      const circle = L.circleMarker([commune.lat, commune.lon], { radius: 3.5 + Math.sqrt((commune.population || 200) / 420), stroke: false });
      circle.bindTooltip(`${commune.name} (${commune.insee})`).on("click", () => { toggle(commune.insee); paint(); }).addTo(map);
      circles.set(commune.insee, [circle, commune.name]);
    }
    area.addEventListener("change", paint);
    map.fitBounds(communes.map((c) => [c.lat, c.lon]), { padding: [6, 6] });
    paint();
    box.dataset.ready = "yes";
  });
})();

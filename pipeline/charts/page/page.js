// Draws the pictures of the report.  What it draws is in the page; it asks for nothing.
(() => {
  'use strict';
  const {View, parse, compile, expressionInterpreter, formats} = newsbeam;
  const read = element => JSON.parse(element.textContent);

  const INK = 'var(--ink)', SOFT = 'var(--soft)', LINE = 'var(--line)';
  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
  const LOOK = {
    background: null,
    font: FONT,
    // The text beside a picture speaks for it.
    aria: false,
    view: {stroke: null},
    padding: {left: 2, right: 4, top: 4, bottom: 2},
    axis: {
      labelColor: SOFT, titleColor: SOFT, labelFontSize: 12, titleFontSize: 12,
      titleFontWeight: 'normal', gridColor: LINE, domainColor: LINE, tickColor: LINE,
    },
    axisY: {domain: false, ticks: false, tickCount: 5},
    axisDiscrete: {labelColor: INK},
    legend: {
      orient: 'top', labelColor: INK, titleColor: SOFT, titleFontWeight: 'normal',
      labelFontSize: 12, titleFontSize: 12, symbolType: 'square', symbolSize: 110,
      symbolStrokeWidth: 0, labelLimit: 180, offset: 10, rowPadding: 5,
      columnPadding: 14, titleOrient: 'top',
    },
    text: {fontSize: 12},
  };
  const LETTER = 6.8;

  // Narrow pages leave less to names, and more rows to legends.
  function fit(part, width) {
    if (part === null || typeof part !== 'object') return;
    if (part.labelLimit) part.labelLimit = Math.min(part.labelLimit, width * 0.4);
    const names = part.scale?.domain;
    if (part.legend && part.scale?.range && Array.isArray(names)) {
      const longest = Math.min(180, LETTER * Math.max(...names.map(name => name.length)));
      part.legend.columns = Math.max(1, Math.floor(width / (longest + 40)));
    }
    for (const [key, value] of Object.entries(part))
      if (key !== 'values' && key !== 'datasets') fit(value, width);
  }

  const tip = document.getElementById('tip');
  function tooltip(handler, event, item, value) {
    tip.hidden = value === null || value === undefined || typeof value !== 'object';
    if (tip.hidden) return;
    tip.replaceChildren(...Object.entries(value).flatMap(([name, said]) => {
      const term = document.createElement('dt'), one = document.createElement('dd');
      // As text: whatever is in a name stays a name.
      term.textContent = name;
      one.textContent = said;
      return [term, one];
    }));
    const {width, height} = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, window.innerWidth - width - 8);
    const below = event.clientY + 16;
    const top = below + height > window.innerHeight ? event.clientY - height - 12 : below;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${Math.max(4, top)}px`;
  }

  let shapes;
  function world() {
    const {atlas} = read(document.getElementById('atlas'));
    return shapes ??= formats('topojson')(atlas, {feature: 'countries'});
  }

  async function draw(place) {
    const width = place.clientWidth;
    if (!width) return;
    const spec = read(place.parentElement.querySelector('script.spec'));
    spec.config = LOOK;
    spec.width = width;
    spec.autosize = {type: 'fit-x', contains: 'padding'};
    if (spec.projection) {
      spec.datasets = {world: world()};
      spec.height = Math.round(width * 0.46);
    }
    fit(spec, width);
    place.view?.finalize();
    const stage = document.createElement('div');
    const view = new View(parse(compile(spec).spec, null, {ast: true}), {
      expr: expressionInterpreter, renderer: 'svg', hover: true, container: stage,
    });
    view.tooltip(tooltip);
    place.view = await view.runAsync();
    // A form for inputs, of which there are none.
    stage.querySelector('form')?.remove();
    place.replaceChildren(stage);
    place.dataset.width = width;
    place.dataset.drawn = '';
  }

  const places = [...document.querySelectorAll('.plot')];
  async function drawAll() {
    for (const place of places) {
      if (place.clientWidth === Number(place.dataset.width)) continue;
      try {
        await draw(place);
      } catch (problem) {
        console.error(problem);
        place.textContent = 'This picture could not be drawn. Its numbers are below.';
      }
      // Between two pictures, the page may be scrolled.
      await new Promise(resolve => setTimeout(resolve));
    }
    document.documentElement.dataset.drawn = String(window.innerWidth);
  }

  let waiting;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 150);
  });
  addEventListener('scroll', () => { tip.hidden = true; }, {passive: true});
  // On paper nobody can open what is folded; tables would fill a book.
  addEventListener('beforeprint', () => {
    for (const names of document.querySelectorAll('.names')) names.parentElement.open = true;
  });
  drawAll();
})();

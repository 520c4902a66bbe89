// Builds what the report draws with: vega.js.gz, world.json.gz and NOTICE.
//
//   cp package.json package-lock.json build.mjs DIR && npm ci --prefix DIR
//   node DIR/build.mjs pipeline/charts/data
//
// The same packages give the same bytes.
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {geoArea, geoCentroid} from 'd3-geo';
import {build} from 'esbuild';
import {feature} from 'topojson-client';
import {topology} from 'topojson-server';

const HERE = import.meta.dirname;
const OUT = process.argv[2] ?? HERE;
const PACKAGES = join(HERE, 'node_modules');
const ENTRY = `
  export {View, expressionFunction, formats, parse} from 'vega';
  export {compile} from 'vega-lite';
  export {expressionInterpreter} from 'vega-interpreter';
`;

const json = path => JSON.parse(readFileSync(join(PACKAGES, path), 'utf8'));

// What Natural Earth draws without a code of ISO 3166-1. Northern Cyprus stays without.
const NAMED = {Kosovo: 'XK', Somaliland: 'SO'};
// A map of news has no room for it.
const LEFT_OUT = new Set(['AQ']);
// Parts of other countries in world-atlas: degrees from The World Factbook.
const ELSEWHERE = {
  BQ: [-68.3, 12.2], BV: [3.4, -54.4], CC: [96.8, -12.5], CX: [105.7, -10.5],
  GF: [-53, 4], GP: [-61.6, 16.3], MQ: [-61, 14.7], RE: [55.6, -21.1],
  SJ: [20, 78], TK: [-172, -9], YT: [45.2, -12.8],
};

const COPYRIGHT = /^\s*copyright (\(c\) ?)?\d/i;

function notices(inputs) {
  // Who wrote what is in the bundle: packages by the text of their licence.
  const names = new Set(inputs.map(path =>
    /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean));
  const groups = new Map();
  for (const name of [...names, 'world-atlas'].sort()) {
    const {version, license} = json(`${name}/package.json`);
    const file = readdirSync(join(PACKAGES, name)).find(one => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${name} has no licence`);
    const lines = readFileSync(join(PACKAGES, name, file), 'utf8').trim().split(/\r?\n/);
    const whose = lines.filter(line => COPYRIGHT.test(line)).map(line => line.trim());
    const text = lines.filter(line => !COPYRIGHT.test(line)).join('\n')
      .replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n').trim();
    const key = text.replace(/\s+/g, ' ').replace(/^(The )?(ISC|MIT) License( \(\w+\))? /i, '');
    const group = groups.get(key) ?? {text, of: []};
    group.of.push(`${name} ${version} (${license}): ${whose.join('; ') || 'see its licence'}`);
    groups.set(key, group);
  }
  return [...groups.values()].map(({text, of}) => `${of.join('\n')}\n\n${text}`)
    .join('\n\n----\n\n');
}

function world() {
  const codes = Object.fromEntries(
    json('i18n-iso-countries/codes.json').map(([code, , number]) => [number, code]));
  const code = ({id, properties}) => codes[id] ?? NAMED[properties.name];
  const countries = file => {
    const atlas = json(`world-atlas/${file}.json`);
    return feature(atlas, atlas.objects.countries).features;
  };
  const drawn = countries('countries-110m').filter(one => !LEFT_OUT.has(code(one)));
  const shapes = drawn.map(one => ({
    type: 'Feature', id: code(one), properties: {}, geometry: one.geometry,
  }));
  const known = new Set([...drawn.map(code), ...LEFT_OUT]);
  const dots = {...ELSEWHERE};
  // The finest has more of them; a territory's largest island stands for it.
  for (const file of ['countries-50m', 'countries-10m'])
    for (const one of countries(file)) {
      const name = codes[one.id];
      if (!name || known.has(name) || name in dots) continue;
      const {type, coordinates} = one.geometry;
      const parts = (type === 'Polygon' ? [coordinates] : coordinates)
        .map(part => ({type: 'Polygon', coordinates: part}));
      const [largest] = parts.sort((a, b) => geoArea(b) - geoArea(a));
      dots[name] = geoCentroid(largest).map(degrees => Math.round(degrees * 10) / 10);
    }
  const missing = Object.values(codes).filter(one => !known.has(one) && !(one in dots));
  if (missing.length) throw new Error(`nowhere on the map: ${missing}`);
  const atlas = topology({countries: {type: 'FeatureCollection', features: shapes}}, 1e4);
  const sorted = Object.fromEntries(Object.entries(dots).sort());
  return JSON.stringify({atlas, dots: sorted});
}

function write(name, bytes) {
  writeFileSync(join(OUT, name), bytes);
  const hash = createHash('sha256').update(bytes).digest('hex');
  console.log(`${hash}  ${name}  ${bytes.length}`);
}

if (!existsSync(PACKAGES)) throw new Error(`npm ci --prefix ${HERE} comes first`);
const bundle = await build({
  stdin: {contents: ENTRY, resolveDir: HERE},
  bundle: true, minify: true, write: false, metafile: true,
  format: 'iife', globalName: 'newsbeam', target: 'es2020', legalComments: 'none',
  charset: 'ascii',
});
const notice = notices(Object.keys(bundle.metafile.inputs));
if (notice.includes('*/')) throw new Error('a licence would end its comment');
const script = `/*\n${notice}\n*/\n${bundle.outputFiles[0].text}`;
if (/<\/script|<!--/i.test(script)) throw new Error('the bundle would end its element');
write('vega.js.gz', gzipSync(script, {level: 9}));
write('world.json.gz', gzipSync(world(), {level: 9}));
write('NOTICE', Buffer.from(`${notice}\n`));

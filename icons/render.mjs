// Draws every icon of the application from one description of the mill and renders it to PNG,
// ICO and ICNS. Run with `node icons/render.mjs` after `npm ci` in ui/ (it borrows the system
// Chromium through playwright-core). The results are committed: building never needs this script.
import { createRequire } from 'node:module';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../ui/package.json'));
const { chromium } = require('playwright-core');

const GREEN = '#1f4a43';
const CREAM = '#fbf4e4';
const CLAY = '#c65f38';

/** One sail pointing up from the hub at (256,206): a spar and a three-rung lattice beside it. */
const sail = (colour) => `
  <path d="M250 206V44h12v162z" fill="${colour}"/>
  <path fill-rule="evenodd" d="M262 60h44a6 6 0 0 1 6 6v94a6 6 0 0 1-6 6h-44z
    M272 70v22h30V70z M272 102v22h30v-22z M272 134v22h30v-22z" fill="${colour}"/>`;

const sails = (colour) =>
  [20, 110, 200, 290].map((a) => `<g transform="rotate(${a} 256 206)">${sail(colour)}</g>`).join('');

const app = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">
  <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#2f6a5f"/><stop offset="1" stop-color="${GREEN}"/></linearGradient>
    <clipPath id="tile"><rect x="16" y="16" width="480" height="480" rx="112"/></clipPath></defs>
  <g clip-path="url(#tile)">
    <rect x="16" y="16" width="480" height="480" fill="url(#sky)"/>
    <path d="M16 424c90-44 170-52 252-34s154 14 228-22v128H16z" fill="#163a34"/>
    <path d="M204 230h104l34 214a12 12 0 0 1-12 14H182a12 12 0 0 1-12-14z" fill="#e6d3ac"/>
    <path d="M256 138c40 0 66 34 66 84H190c0-50 26-84 66-84z" fill="${CLAY}"/>
    <path d="M232 458v-52a24 24 0 0 1 48 0v52z" fill="${GREEN}"/>
    <rect x="242" y="290" width="28" height="40" rx="14" fill="${GREEN}"/>
    ${sails('#fffaf0')}
    <circle cx="256" cy="206" r="19" fill="#fffaf0"/><circle cx="256" cy="206" r="8" fill="${CLAY}"/>
  </g></svg>`;

/** Small silhouette for 22 px: solid sails, no lattice, so that it stays a mill when tiny. */
const smallMill = (colour, hub) => `
  <path d="M17.6 22h8.8l3.4 16.6H14.2z" fill="${colour}"/>
  <g fill="${colour}">${[45, 135, 225, 315]
    .map((a) => `<path transform="rotate(${a} 22 17.5)" d="M20.9 17.5V3h6.2v9.6h-4v4.9z"/>`)
    .join('')}</g>
  <circle cx="22" cy="17.5" r="2.6" fill="${hub}"/>`;

const trayTile = (tile, mill, badge) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 44 44">
  <rect x="1" y="1" width="42" height="42" rx="10" fill="${tile}"/>
  ${smallMill(mill, tile)}${badge}</svg>`;

const disc = (fill, sign) =>
  `<circle cx="32.5" cy="32.5" r="11" fill="#fffaf0"/><circle cx="32.5" cy="32.5" r="9.2" fill="${fill}"/>${sign}`;

// Every state has its own sign as well as its own colour: colour alone is not enough for everyone.
const tray = {
  ok: trayTile(GREEN, CREAM, ''),
  attention: trayTile(
    GREEN,
    CREAM,
    disc('#b8431c', '<path d="M31 26.4h3l-.5 7.6h-2z" fill="#fff"/><circle cx="32.5" cy="37" r="1.7" fill="#fff"/>'),
  ),
  paused: trayTile(
    '#4a5a68',
    CREAM,
    disc('#2c3a46', '<path d="M28.6 28h2.8v9h-2.8zM33.6 28h2.8v9h-2.8z" fill="#fff"/>'),
  ),
  offline: trayTile(
    '#73706a',
    '#efece5',
    '<path d="M7 40 40 7" stroke="#fffaf0" stroke-width="6.4" stroke-linecap="round"/><path d="M7 40 40 7" stroke="#2a2926" stroke-width="3.2" stroke-linecap="round"/>',
  ),
};

/** ICO with PNG members (understood since Windows Vista). */
function ico(members) {
  const head = Buffer.alloc(6 + 16 * members.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(members.length, 4);
  let offset = head.length;
  members.forEach(({ size, png }, i) => {
    const at = 6 + 16 * i;
    head.writeUInt8(size === 256 ? 0 : size, at);
    head.writeUInt8(size === 256 ? 0 : size, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...members.map((m) => m.png)]);
}

/** ICNS with PNG members; the four-letter types are Apple's names for each size. */
function icns(members) {
  const parts = members.map(({ type, png }) => {
    const head = Buffer.alloc(8);
    head.write(type, 0, 'ascii');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'ascii');
  head.writeUInt32BE(8 + parts.reduce((n, p) => n + p.length, 0), 4);
  return Buffer.concat([head, ...parts]);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
});
const page = await browser.newPage();
async function png(svg, size) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>html,body{margin:0;background:transparent}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
  );
  return page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } });
}

mkdirSync(join(here, 'src'), { recursive: true });
const save = (name, data) => writeFileSync(join(here, name), data);
save('src/icon.svg', app);
const bySize = {};
for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024]) bySize[size] = await png(app, size);
save('32x32.png', bySize[32]);
save('128x128.png', bySize[128]);
save('128x128@2x.png', bySize[256]);
save('icon.png', bySize[512]);
save('icon.ico', ico([16, 24, 32, 48, 64, 256].map((size) => ({ size, png: bySize[size] }))));
save(
  'icon.icns',
  icns([
    { type: 'ic11', png: bySize[32] },
    { type: 'ic12', png: bySize[64] },
    { type: 'ic07', png: bySize[128] },
    { type: 'ic13', png: bySize[256] },
    { type: 'ic08', png: bySize[256] },
    { type: 'ic14', png: bySize[512] },
    { type: 'ic09', png: bySize[512] },
    { type: 'ic10', png: bySize[1024] },
  ]),
);
for (const [state, svg] of Object.entries(tray)) {
  save(`src/tray-${state}.svg`, svg);
  save(`tray-${state}.png`, await png(svg, 44));
  save(`tray-${state}-22.png`, await png(svg, 22));
}
await browser.close();

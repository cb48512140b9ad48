/** Drawn stand-ins for the restaurant's photos, so that the demonstration needs no picture file. */
const frame = (sky: string, body: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 900" width="1200" height="900"><rect width="1200" height="900" fill="${sky}"/>${body}</svg>`;

const oyster = (x: number, y: number, turn: number) =>
  `<g transform="translate(${x} ${y}) rotate(${turn})"><path d="M0-92c52 0 74 52 66 104-7 46-34 78-66 78s-60-32-66-78C-74-40-52-92 0-92z" fill="#6d6a63"/><path d="M0-74c40 0 56 42 50 84-5 36-26 60-50 60s-46-24-50-60C-56-32-40-74 0-74z" fill="#e9e4d8"/><ellipse cx="2" cy="14" rx="31" ry="42" fill="#c9c2b0"/><ellipse cx="-6" cy="4" rx="13" ry="22" fill="#f6f2e8"/></g>`;

export const PICTURES: Record<string, string> = {
  oysters: frame(
    '#2f4a4f',
    `<circle cx="600" cy="450" r="372" fill="#f4efe3"/><circle cx="600" cy="450" r="322" fill="#dfe6e4"/>${[
      0, 60, 120, 180, 240, 300,
    ]
      .map((a) => {
        const r = (a * Math.PI) / 180;
        return oyster(600 + 205 * Math.sin(r), 450 - 205 * Math.cos(r), a);
      })
      .join(
        '',
      )}<circle cx="600" cy="450" r="80" fill="#f1cf4a"/><circle cx="600" cy="450" r="66" fill="#f9e48b"/><path d="M600 384v132M534 450h132M553 403l94 94M647 403l-94 94" stroke="#f1cf4a" stroke-width="7"/>`,
  ),
  mill: frame(
    '#f2b98a',
    `<circle cx="880" cy="330" r="110" fill="#fde7b6"/><path d="M0 640c240-90 460-70 680-20s360 20 520-40v320H0z" fill="#4f6b52"/><path d="M0 740c300-60 620-30 1200-60v220H0z" fill="#314b40"/><path d="M420 380h150l60 350H360z" fill="#f5ead2"/><path d="M495 250c60 0 96 52 96 130H399c0-78 36-130 96-130z" fill="#a8471f"/><path d="M470 730v-84a26 26 0 0 1 52 0v84z" fill="#4b3626"/>${[
      25, 115, 205, 295,
    ]
      .map(
        (a) =>
          `<path transform="rotate(${a} 495 360)" d="M488 360V80h14v24h58v190h-58v66zM510 120v40h40v-40zM510 176v40h40v-40zM510 232v40h40v-40z" fill-rule="evenodd" fill="#5b4330"/>`,
      )
      .join('')}<circle cx="495" cy="360" r="20" fill="#5b4330"/>`,
  ),
  tart: frame(
    '#c9a27a',
    `<path d="M0 620h1200v280H0z" fill="#8d6242"/><ellipse cx="600" cy="520" rx="430" ry="250" fill="#f7f1e6"/><ellipse cx="600" cy="490" rx="360" ry="200" fill="#c98a3f"/><ellipse cx="600" cy="478" rx="312" ry="166" fill="#f4d58a"/>${[
      -190, -95, 0, 95, 190,
    ]
      .map((x, i) =>
        [-70, 10, 80]
          .map(
            (y) =>
              `<circle cx="${600 + x + (y > 0 ? 20 : 0)}" cy="${470 + y * (1 - Math.abs(i - 2) * 0.16)}" r="40" fill="#a3224a"/><circle cx="${590 + x + (y > 0 ? 20 : 0)}" cy="${458 + y * (1 - Math.abs(i - 2) * 0.16)}" r="11" fill="#e77d9b"/>`,
          )
          .join(''),
      )
      .join('')}`,
  ),
  stew: frame(
    '#3b2a24',
    `<circle cx="600" cy="450" r="390" fill="#1f4d52"/><circle cx="600" cy="450" r="340" fill="#2d6a6f"/><circle cx="600" cy="450" r="300" fill="#8a3d1d"/>${[
      [480, 360, '#d9752e', 58],
      [690, 340, '#b8562a', 70],
      [560, 520, '#d9752e', 64],
      [720, 540, '#7b2f18', 80],
      [430, 500, '#7b2f18', 66],
      [600, 420, '#e7a14b', 46],
    ]
      .map(([x, y, c, r]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${c}"/>`)
      .join('')}${[
      [520, 430],
      [650, 450],
      [610, 600],
      [740, 430],
      [470, 580],
    ]
      .map(
        ([x, y]) =>
          `<path transform="translate(${x} ${y})" d="M0 0c26-34 62-26 70 4-28 20-54 18-70-4z" fill="#6f9a4d"/>`,
      )
      .join('')}`,
  ),
};

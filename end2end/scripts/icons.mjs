// Draws every icon in `public` from app/src/ui/mark.svg and the colours in style/: `npm run icons`.
import { chromium } from '@playwright/test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const read = path => readFileSync(join(root, path), 'utf8');
const write = (name, data) => writeFileSync(join(root, 'public', name), data);

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find(path => path && existsSync(path));
const args = ['--force-color-profile=srgb', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
const browser = await chromium.launch({ args, ...(executablePath && { executablePath }) });
const page = await browser.newPage();

const styles = ['tokens', 'mark', 'scene'].map(name => read(`style/${name}.css`)).join('\n');
const mark = `<svg class="mark" viewBox="0 0 40 40">${read('app/src/ui/mark.svg')}</svg>`;
const scene = read('app/src/ui/door.svg');

async function show(colorScheme, width, height, layout, body) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height });
  await page.setContent(`<style>${styles} * { margin: 0 } ${layout}</style>${body}`);
}

/** The mark with its colours written in, for where no style sheet reaches. */
async function coloured(colorScheme) {
  await show(colorScheme, 40, 40, '', mark);
  const shapes = await page.evaluate(() => {
    const paint = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    return [...document.querySelectorAll('.mark *')].map(shape => {
      paint.fillStyle = getComputedStyle(shape).fill;
      paint.fillRect(0, 0, 1, 1);
      const [red, green, blue] = paint.getImageData(0, 0, 1, 1).data;
      shape.removeAttribute('class');
      const hex = [red, green, blue].map(part => part.toString(16).padStart(2, '0')).join('');
      const drawn = shape.outerHTML.replace(/><\/\w+>$/, '/>');
      return drawn.replace(/^<(\w+)/, `<$1 fill="#${hex}"`);
    });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">${shapes.join('')}</svg>\n`;
}

async function square(size, inner) {
  const layout = `body { background: var(--canvas); display: grid; place-items: center; height: 100vh } .mark { width: ${inner}px }`;
  await show('light', size, size, layout, mark);
  return page.screenshot();
}

/** The oldest format: one picture of 32 pixels. */
async function ico() {
  await show('light', 32, 32, '.mark { width: 32px; display: block }', mark);
  const png = await page.screenshot({ omitBackground: true });
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(1, 4);
  head.writeUInt8(32, 6);
  head.writeUInt8(32, 7);
  head.writeUInt16LE(1, 10);
  head.writeUInt16LE(32, 12);
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  return Buffer.concat([head, png]);
}

write('favicon.svg', await coloured('light'));
write('favicon-dark.svg', await coloured('dark'));
write('favicon.ico', await ico());
write('apple-touch-icon.png', await square(180, 116));
write('icon-512.png', await square(512, 320));

// Where somebody shares a link: the door, and the mark beside it.
const beside = `body { background: var(--canvas); display: grid; grid-template-columns: 45% 1fr; place-items: center; height: 100vh }
  .scene { height: 630px } .mark { width: 220px }`;
const door = `<svg class="scene" viewBox="0 0 720 900" preserveAspectRatio="xMidYMax slice">${scene}</svg>`;
await show('light', 1200, 630, beside, door + mark);
write('social.png', await page.screenshot());

await browser.close();

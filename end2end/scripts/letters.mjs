// Takes a picture of every mail in both themes and two widths: `npm run letters`, after
// `LETTERS=1 cargo test --lib letter` has written the mails.
import { chromium } from '@playwright/test';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const [letters, pictures] = ['target/letters', 'docs/images/mail'].map(path => join(root, path));
mkdirSync(pictures, { recursive: true });

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find(path => path && existsSync(path));
const args = ['--force-color-profile=srgb', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
const browser = await chromium.launch({ args, ...(executablePath && { executablePath }) });
const page = await browser.newPage();

/** The mail as a client of this width shows it; nothing of it may stand over the edge. */
async function shot(name, html, colorScheme, width) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 400 });
  await page.setContent(html);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > width) throw new Error(`${name} is ${wide} pixels wide in a window of ${width}`);
  // Beside the mail there is only its ground, so a wide window is shown in its middle. Nothing is scaled: that would blur.
  const shown = Math.min(width, 640);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const clip = { x: (width - shown) / 2, y: 0, width: shown, height };
  const url = `data:image/png;base64,${(await page.screenshot({ fullPage: true, clip })).toString('base64')}`;
  return `<img style="display: block; margin: auto" src="${url}">`;
}

for (const file of readdirSync(letters).filter(name => name.endsWith('.html'))) {
  const name = file.replace('.html', '');
  const html = readFileSync(join(letters, file), 'utf8');
  const columns = [];
  for (const [scheme, ground] of [['light', '#f9f6f1'], ['dark', '#0c1118']]) {
    const shots = [await shot(name, html, scheme, 1600), await shot(name, html, scheme, 320)];
    columns.push(`<div style="width: 640px; background: ${ground}">${shots.join('')}</div>`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 400 });
  await page.setContent(`<!DOCTYPE html><body style="margin: 0; display: flex">${columns.join('')}`);
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}
await browser.close();

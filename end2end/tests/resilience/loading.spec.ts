import { get } from 'node:http';
import { homedir } from 'node:os';
import { brotliDecompressSync } from 'node:zlib';
import { hashed, root } from '../../fixtures/env';
import { members, strangers } from '../../fixtures/pages';
import { expect, hold, hydrated, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

/** What moved by itself since the page began, as Chromium counts it. */
async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    const observer = new PerformanceObserver(list => {
      for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
    });
    observer.observe({ type: 'layout-shift', buffered: true });
  });
  return () =>
    page.evaluate(async () => {
      // Two frames: what hydration changed has been laid out and reported.
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
      const { shifts } = window as unknown as { shifts: number[] };
      return shifts.reduce((sum, value) => sum + value, 0);
    });
}

for (const width of [320, 768, 1600]) {
  test(`nothing jumps while a page loads at ${width} px`, async ({ page, context, member }) => {
    await page.setViewportSize({ width, height: 900 });
    const shifted = await watchShifts(page);
    for (const path of members) await still(path);
    await context.clearCookies();
    for (const path of strangers) await still(path);

    async function still(path: string): Promise<void> {
      const wasm = await hold(page, '**/*.wasm');
      await page.goto(path);
      await expect.poll(() => wasm.held.length).toBeGreaterThan(0);
      const before = await page.locator('main').boundingBox();
      wasm.release();
      await hydrated(page);
      expect(await shifted(), `${path} ${member.email}`).toBe(0);
      expect(await page.locator('main').boundingBox(), path).toEqual(before);
      await page.unroute('**/*.wasm');
    }
  });
}

test('no page asks for the same thing twice while it loads', async ({ page, context, member }) => {
  let asked: string[] = [];
  page.on('request', request => asked.push(`${request.method()} ${request.url()}`));
  for (const path of members) await once(path);
  await context.clearCookies();
  for (const path of strangers) await once(path);

  async function once(path: string): Promise<void> {
    asked = [];
    await page.goto(path);
    await hydrated(page);
    await page.waitForLoadState('networkidle');
    const twice = asked.filter((line, index) => asked.indexOf(line) !== index);
    expect(twice, `${path} ${member.email}`).toEqual([]);
    // A passkey's challenge is no data: no page that is only read makes one.
    const data = asked.filter(line => line.includes('/fn/') && !line.endsWith('/fn/passkey/options'));
    expect(data, `${path} has its data in the page`).toEqual([]);
  }
});

test('the program is asked for after the first paint, at low priority', async ({ page, context }) => {
  const priorities = new Map<string, string>();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  devtools.on('Network.requestWillBeSent', ({ request }) => {
    const { pathname } = new URL(request.url);
    if (/\.(wasm|js)$/.test(pathname)) priorities.set(pathname, request.initialPriority);
  });
  await page.goto('/login');
  await hydrated(page);
  const { paint, asked } = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]!.startTime,
    asked: performance.getEntriesByType('resource').filter(({ name }) => /\.(wasm|js)$/.test(name)),
  }));
  expect(asked).toHaveLength(2);
  for (const { name, startTime } of asked) expect(startTime, name).toBeGreaterThanOrEqual(paint);
  const low = expect.stringMatching(/^(Very)?Low$/);
  expect([...priorities.values()]).toEqual([low, low]);
});

test('a page that never reports its first paint comes alive all the same', async ({ page }) => {
  await page.addInitScript(() => (PerformanceObserver.prototype.observe = () => {}));
  await page.goto('/login');
  await hydrated(page);
});

test('no page loads anything from another host', async ({ page, baseURL, member, visit }) => {
  const hosts = new Set<string>();
  page.on('request', request => request.url().startsWith('data:') || hosts.add(new URL(request.url()).origin));
  for (const path of [...members, ...strangers]) await visit(path);
  expect([...hosts], member.email).toEqual([new URL(baseURL!).origin]);
});

/** Bytes of the body as they travel. */
async function wire(url: string): Promise<{ bytes: number; encoding?: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { Accept: 'text/html,*/*', 'Accept-Encoding': 'gzip, br' } }, answer => {
      const chunks: Buffer[] = [];
      answer.on('data', chunk => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        resolve({ bytes: body.length, encoding: answer.headers['content-encoding'], body });
      });
    }).on('error', reject);
  });
}

test('the sign-in page fits into one TCP window: 14 kB of HTML and CSS', async ({ page, baseURL }, testInfo) => {
  test.skip(!hashed, 'only a release build is minified and compressed');
  await page.goto('/login');
  const sheets = await page.locator('link[rel=stylesheet]').evaluateAll(links => links.map(link => (link as HTMLLinkElement).href));
  expect(sheets.length).toBeGreaterThan(0);
  const parts = await Promise.all([`${baseURL}/login`, ...sheets].map(wire));
  for (const { encoding } of parts) expect(encoding).toBe('br');
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  testInfo.annotations.push({ type: 'weight', description: `HTML + CSS ${total} B (${parts.map(p => p.bytes).join(' + ')})` });
  expect(total).toBeLessThanOrEqual(14 * 1024);
});

test('WebAssembly, script and styles travel in 215 kB, and name no folder of the builder', async ({ page, baseURL }, testInfo) => {
  test.skip(!hashed, 'only a release build is optimised and compressed');
  await page.goto('/login');
  await hydrated(page);
  const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  const parts = asked.filter(name => name.startsWith(`${baseURL}/pkg/`));
  expect(parts.map(name => name.split('.').pop()).sort()).toEqual(['css', 'js', 'wasm']);
  const fetched = await Promise.all(parts.map(wire));
  for (const { encoding } of fetched) expect(encoding).toBe('br');
  const total = fetched.reduce((sum, { bytes }) => sum + bytes, 0);
  testInfo.annotations.push({ type: 'weight', description: `WASM, JS and CSS ${total} B (${fetched.map(p => p.bytes).join(' + ')})` });
  expect(total).toBeLessThanOrEqual(215_000);
  const folders = [`${root}/`, `${homedir()}/`, '/.cargo/', '/registry/src/'];
  const texts = fetched.map(({ body }) => brotliDecompressSync(body).toString('latin1'));
  expect(folders.filter(folder => texts.some(text => text.includes(folder)))).toEqual([]);
});

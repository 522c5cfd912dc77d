import { asAdmin } from '../../fixtures/admin';
import { test } from '../../fixtures/mail-server';
import { readCsv, unmarked } from '../../fixtures/table-file';
import { expect, register, someAddress, somebody } from '../../fixtures/test';
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';

interface Event {
  id: string;
  at: string;
  kind: string;
  actor: string | null;
  subject: string | null;
  address: string | null;
  agent: string | null;
  request_id: string;
  detail: unknown;
}

async function downloaded(page: Page, link: string): Promise<{ name: string; text: string }> {
  const begun = page.waitForEvent('download');
  await page.getByRole('link', { name: link }).click();
  const file = await begun;
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
}

test('the trail is downloaded in both forms, and read back it is what the page shows @plain', async ({ page, own, context, browser, baseURL }) => {
  const ana = somebody();
  await register(context, ana, baseURL!);
  await context.clearCookies();
  // A stranger chooses what a spreadsheet would compute.
  const agent = '=HYPERLINK("https://evil.example";"a, b")';
  const stranger = await browser.newContext({ baseURL, userAgent: agent, extraHTTPHeaders: { 'X-Forwarded-For': someAddress() } });
  for (let time = 0; time < 3; time += 1) {
    const refused = await stranger.request.post('/fn/login', {
      headers: { Origin: baseURL!, Accept: 'application/json', 'User-Agent': agent },
      form: { 'form[identifier]': ana.email, 'form[password]': `guess-${time}` },
    });
    expect([401, 429]).toContain(refused.status());
  }
  await stranger.close();

  await asAdmin(page, own.server);
  await page.goto(`/admin/audit?whom=${encodeURIComponent(ana.email)}`);
  const rows = page.locator('tbody tr');
  const shown = await rows.evaluateAll(all =>
    all.map(row => ({
      at: row.querySelector('time')!.dateTime,
      request: row.querySelector('td:last-child .row-facts')!.textContent,
    })),
  );
  expect(shown.length).toBeGreaterThan(3);

  const csv = await downloaded(page, 'Download CSV');
  expect(csv.name).toBe('audit.csv');
  const cells = readCsv(csv.text);
  const lines = await downloaded(page, 'Download JSON lines');
  expect(lines.name).toBe('audit.jsonl');
  const events = lines.text.trimEnd().split('\n').map(line => JSON.parse(line) as Event);

  expect(events.map(({ at }) => at), 'the same rows in the same order').toEqual(shown.map(({ at }) => at));
  for (const [place, event] of events.entries()) {
    expect(shown[place]!.request).toContain(event.request_id);
    const cell = cells[place]!;
    expect({
      id: cell.id,
      at: cell.at,
      kind: cell.kind,
      actor: cell.actor || null,
      subject: cell.subject || null,
      address: cell.address || null,
      agent: unmarked(cell.agent!) || null,
      request_id: cell.request_id,
      detail: JSON.parse(cell.detail!) as unknown,
    }).toEqual({
      id: event.id,
      at: event.at,
      kind: event.kind,
      actor: event.actor,
      subject: event.subject,
      address: event.address,
      agent: event.agent,
      request_id: event.request_id,
      detail: event.detail,
    });
  }
  expect(cells.length).toBe(events.length);
  expect(events.some(event => event.agent === agent)).toBe(true);
  for (const cell of cells.flatMap(row => Object.values(row))) expect(cell, 'no formula').not.toMatch(/^[=+\-@\t\r\n]/);
});

import { button, field, words } from '../../fixtures/forms';
import { expect, hold, hydrated, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

/** Where the person was: text, caret and focus. */
async function place(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    const fields = [...document.querySelectorAll<HTMLInputElement>('main input:not([type=hidden]), main textarea')];
    const active = document.activeElement as HTMLInputElement;
    return {
      text: fields.map(({ name, type, value, checked }) => ({ name, value: type === 'checkbox' ? checked : value })),
      focus: active.name,
      caret: [active.selectionStart, active.selectionEnd, active.selectionDirection],
    };
  });
}

async function caret(page: Page, name: string, start: number, end: number): Promise<void> {
  await page.locator(`[name="form[${name}]"]`).evaluate(
    (input: HTMLInputElement, [from, to]) => {
      input.focus();
      input.setSelectionRange(from!, to!);
    },
    [start, end],
  );
}

const pages = [
  { path: '/register', text: { Name: 'Ana Ilves', 'Password': 'kettle-orbit' }, at: 'name' },
  { path: '/login', text: { 'Email or username': 'ana@example.com', Password: 'kettle-orbit' }, at: 'identifier' },
  { path: '/login', text: { 'Email or username': 'ana@example.com', Password: 'kettle-orbit' }, at: 'password' },
  { path: '/account', text: { 'First name': 'Ana', Username: 'ana', Bio: 'One line.\nAnother.' }, at: 'bio' },
  { path: '/account/security', text: { 'Current password': 'kettle', 'New password': 'orbit' }, at: 'new_password' },
];

for (const { path, text, at } of pages) {
  test(`what was typed into ${path} before the program came stays, with the caret in ${at}`, async ({
    page,
    context,
    member,
  }) => {
    if (!path.startsWith('/account')) await context.clearCookies();
    const wasm = await hold(page, '**/*.wasm');
    await page.goto(path);
    for (const [label, value] of Object.entries(text)) await field(page, label).fill(value);
    if (path === '/login') await page.getByRole('checkbox').check();
    await caret(page, at, 2, 4);
    const before = await place(page);
    await expect.poll(() => wasm.held.length, member.email).toBeGreaterThan(0);
    wasm.release();
    await hydrated(page);
    expect(await place(page)).toEqual(before);
  });
}

test('typing goes on across the arrival of the program', async ({ page }) => {
  const wasm = await hold(page, '**/*.wasm');
  await page.goto('/login');
  const input = field(page, 'Email or username');
  await input.pressSequentially('ana@');
  wasm.release();
  await input.pressSequentially('example.com');
  await hydrated(page);
  await page.keyboard.type('!');
  await expect(input).toHaveValue('ana@example.com!');
});

test('a form sent before the program came is an ordinary post', async ({ page, member, context }) => {
  await context.clearCookies();
  const wasm = await hold(page, '**/*.wasm');
  await page.goto('/login');
  await field(page, 'Email or username').fill(member.email);
  await field(page, 'Password').fill('not-the-password-1');
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  wasm.release();
  await hydrated(page);
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  await expect(field(page, 'Email or username')).toHaveValue(member.email);
});

test('text typed early reaches the server after the program took over', async ({ page, member, context }) => {
  await context.clearCookies();
  const wasm = await hold(page, '**/*.wasm');
  await page.goto('/login');
  await field(page, 'Email or username').fill(member.email);
  await field(page, 'Password').fill(member.password);
  wasm.release();
  await hydrated(page);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
});

import { button, field, fillSignIn, fillSignUp, words } from '../../fixtures/forms';
import { expect, hold, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

test('a double click signs up once', async ({ page, person, visit }) => {
  const calls: string[] = [];
  page.on('request', request => request.url().includes('/fn/register') && calls.push(request.url()));
  await visit('/register');
  await fillSignUp(page, person);
  await button(page, 'Create account').dblclick();
  await expect(page).toHaveURL('/account');
  expect(calls).toHaveLength(1);
});

test('on a slow network the button shows the work, keeps its size and ignores a second press', async ({
  page,
  member,
  context,
  visit,
}) => {
  await context.clearCookies();
  const network = await hold(page, '**/fn/login');
  await visit('/login');
  await fillSignIn(page, member);
  const submit = page.locator('main button[type=submit]');
  const before = await submit.boundingBox();
  await submit.click();
  await expect(submit).toHaveAttribute('aria-disabled', 'true');
  await expect(submit).toHaveAttribute('aria-busy', 'true');
  await expect(submit).toHaveText(/…$/);
  expect(await submit.boundingBox()).toEqual(before);
  await submit.click({ force: true });
  await field(page, 'Password').press('Enter');
  network.release();
  await expect(page).toHaveURL('/account');
  expect(network.held).toHaveLength(1);
});

test('the button wakes up again after a refusal', async ({ page, person, visit }) => {
  await visit('/login');
  await fillSignIn(page, person);
  const submit = page.locator('main button[type=submit]');
  await submit.click();
  await expect(page.getByRole('alert')).toContainText(words.wrongPassword);
  await expect(submit).not.toHaveAttribute('aria-busy', 'true');
  await expect(submit).not.toHaveAttribute('aria-disabled', 'true');
  await expect(submit).toHaveText('Sign in');
});

test('a network that breaks says so and keeps what was typed', async ({ page, member, context, visit }) => {
  await context.clearCookies();
  await visit('/login');
  await page.route('**/fn/login', route => route.abort());
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByText(words.wrongPassword)).toHaveCount(0);
  await expect(field(page, 'Email or username')).toHaveValue(member.email);
  await page.unroute('**/fn/login');
  await field(page, 'Password').fill(member.password);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account');
});

test('saving twice in a row is two honest saves', async ({ page, member, visit }) => {
  await visit('/account');
  for (const bio of ['first', 'second']) {
    await field(page, 'Bio').fill(bio);
    const answer = page.waitForResponse('**/fn/profile/save');
    await button(page, 'Save profile').click();
    expect((await answer).status(), member.email).toBe(200);
    await expect(page.getByRole('status').filter({ hasText: words.saved })).toBeVisible();
  }
  await visit('/account');
  await expect(field(page, 'Bio')).toHaveValue('second');
});

test('without the program a double click does no harm either @plain', async ({ page, person, visit, state }) => {
  test.skip(state === 'wasm');
  await visit('/register');
  await fillSignUp(page, person);
  await button(page, 'Create account').dblclick();
  await expect(page).toHaveURL('/account');
});

/** Where to press: locators wait for the answer to a post, people do not. */
async function middle(page: Page, name: string): Promise<[number, number]> {
  const { x, y, width, height } = (await button(page, name).boundingBox())!;
  return [x + width / 2, y + height / 2];
}

test('before the program came a double click sends one post', async ({ page, person }) => {
  const wasm = await hold(page, '**/*.wasm');
  const network = await hold(page, '**/fn/register');
  await page.goto('/register');
  await fillSignUp(page, person);
  const at = await middle(page, 'Create account');
  await page.mouse.dblclick(...at);
  await expect.poll(() => network.held.length).toBe(1);
  await page.mouse.click(...at);
  await page.keyboard.press('Enter');
  network.release();
  wasm.release();
  await expect(page).toHaveURL('/account');
  await expect(page.getByRole('definition').getByText(person.email)).toBeVisible();
  expect(network.held).toHaveLength(1);
});

test('a post that was stopped can be sent again at once', async ({ page, person }) => {
  await hold(page, '**/*.wasm');
  const network = await hold(page, '**/fn/login');
  await page.goto('/login');
  await fillSignIn(page, person);
  const at = await middle(page, 'Sign in');
  await page.mouse.click(...at);
  await expect.poll(() => network.held.length).toBe(1);
  await page.keyboard.press('Escape');
  await page.mouse.click(...at);
  await expect.poll(() => network.held.length).toBe(2);
});

test('a post that came to nothing can be sent again after a while', async ({ page, person }) => {
  // Ten seconds are a moment here.
  await page.addInitScript(() => {
    const wait = window.setTimeout;
    const soon = (act: TimerHandler, after = 0, ...more: unknown[]) => wait(act, Math.min(after, 100), ...more);
    Object.assign(window, { setTimeout: soon });
  });
  await hold(page, '**/*.wasm');
  const network = await hold(page, '**/fn/login');
  await page.goto('/login');
  await fillSignIn(page, person);
  const at = await middle(page, 'Sign in');
  const press = async () => {
    await page.mouse.click(...at);
    return network.held.length;
  };
  await expect.poll(press).toBe(2);
});

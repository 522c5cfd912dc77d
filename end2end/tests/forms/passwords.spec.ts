import { button, field, fieldError, fillPasswordChange, fillSignUp, words } from '../../fixtures/forms';
import { expect, hold, hydrated, test } from '../../fixtures/test';
import type { Locator, Page } from '@playwright/test';

const shown = (input: Locator) => expect(input).toHaveAttribute('type', 'text');
const hidden = (input: Locator) => expect(input).toHaveAttribute('type', 'password');

/** A field's own switch; its name changes with what it does. */
const toggle = (page: Page, name: string) => page.locator(`.password:has(#${name}) .password-toggle`);

test.describe('the switch', () => {
  test.beforeEach(({ state }) => test.skip(state === 'noscript'));

  test('shows and hides what was typed, with the program and without it @blocked', async ({ page, visit }) => {
    await visit('/register');
    const input = field(page, 'Password');
    await input.fill('kettle-orbit');
    await button(page, 'Show password').click();
    await shown(input);
    await expect(button(page, 'Hide password')).toHaveText('Hide');
    await button(page, 'Hide password').press('Enter');
    await hidden(input);
    await expect(button(page, 'Show password')).toHaveText('Show');
    await expect(button(page, 'Show password')).toBeFocused();
    await button(page, 'Show password').press('Space');
    await shown(input);
    await expect(input).toHaveValue('kettle-orbit');
  });

  test('each field has its own @blocked', async ({ page, visit, member }) => {
    await visit('/account/security');
    await toggle(page, 'new_password').click();
    await shown(field(page, 'New password'));
    await hidden(field(page, 'Current password'));
    await expect(toggle(page, 'current_password'), member.email).toHaveAccessibleName('Show password');
  });

  test('everything starts fresh after a change of password, each time @blocked', async ({ page, visit, member }) => {
    await visit('/account/security');
    let now = member.password;
    for (const next of [`${now}-one`, `${now}-two`]) {
      await fillPasswordChange(page, now, next);
      for (const name of ['current_password', 'new_password']) await toggle(page, name).click();
      await shown(field(page, 'New password'));
      const answer = page.waitForResponse('**/fn/password/change');
      await button(page, 'Change password').click();
      await answer;
      await expect(page.getByText(words.changed)).toBeVisible();
      for (const label of ['Current password', 'New password']) {
        await expect(field(page, label)).toHaveValue('');
        await hidden(field(page, label));
      }
      const form = page.locator('form[action="/fn/password/change"]');
      await expect(form.getByRole('button', { name: 'Show password', exact: true })).toHaveCount(2);
      now = next;
    }
  });

  test('a password is sent hidden, whatever becomes of it @blocked', async ({ page, person, visit }) => {
    await visit('/login');
    await field(page, 'Email or username').fill(person.email);
    await field(page, 'Password').fill('not-the-password-1');
    await button(page, 'Show password').click();
    await field(page, 'Password').press('Enter');
    await hidden(field(page, 'Password'));
    await expect(page.getByRole('alert').first()).toContainText(words.wrongPassword);
    await hidden(field(page, 'Password'));
  });
});

test('what was shown before the program came stays so, and can be hidden after', async ({ page }) => {
  const wasm = await hold(page, '**/*.wasm');
  await page.goto('/login');
  await field(page, 'Password').fill('kettle');
  await button(page, 'Show password').click();
  await shown(field(page, 'Password'));
  wasm.release();
  await hydrated(page);
  await shown(field(page, 'Password'));
  await button(page, 'Hide password').click();
  await hidden(field(page, 'Password'));
  await expect(field(page, 'Password')).toHaveValue('kettle');
});

test('without scripts there is no switch @plain', async ({ page, visit, state }) => {
  await visit('/register');
  await expect(page.locator('.password-toggle')).toBeVisible({ visible: state !== 'noscript' });
});

test('Caps Lock is told of while it is on @blocked', async ({ page, visit }) => {
  await visit('/login');
  const notice = page.locator('#password-caps');
  await expect(notice).toHaveAttribute('aria-live', 'polite');
  const press = (locked: boolean) =>
    field(page, 'Password').evaluate((input, modifierCapsLock) => {
      input.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, key: 'A', modifierCapsLock }));
    }, locked);
  const before = await page.locator('main form').boundingBox();
  await press(true);
  await expect(notice).toHaveText('Caps Lock is on');
  expect(await page.locator('main form').boundingBox(), 'nothing moves').toEqual(before);
  await press(false);
  await expect(notice).toHaveText('');
  await press(true);
  await field(page, 'Password').focus();
  await field(page, 'Password').blur();
  await expect(notice).toHaveText('');
});

const weak = ['password123', '12345678', 'Passw0rd!', 'qwertyuiop', '11111111111111111111', 'iloveyou1234', 'letmein!letmein!'];

test('nothing praises a password that is refused @plain', async ({ page, visit, person }) => {
  await visit('/register');
  const advice = page.locator('#password-help');
  const neutral = await advice.textContent();
  for (const password of weak) {
    await fillSignUp(page, { ...person, password });
    await expect(advice, password).toHaveText(neutral!);
    await button(page, 'Create account').click();
    await expect(fieldError(page, 'password'), password).toContainText('easy to guess');
    await expect(advice).toHaveText(neutral!);
    const said = await page.locator('.field:has(#password)').innerText();
    expect(said, password).not.toMatch(/excellent|strong|good|great|enough/i);
  }
});

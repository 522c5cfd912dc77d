// A7: what was typed is not left behind by a slip.
import { askToSignOut, button, field, fillPasswordChange, signOut, words } from '../../fixtures/forms';
import { expect, hold, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

/** Answers every question of the browser the same way, and counts them. */
function answers(page: Page, leave: boolean): { asked: string[] } {
  const asked: string[] = [];
  page.on('dialog', async dialog => {
    asked.push(dialog.type());
    await (leave ? dialog.accept() : dialog.dismiss());
  });
  return { asked };
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await field(page, label).click();
  await page.keyboard.type(text);
}

for (const leave of [false, true]) {
  test(`a link away from a changed profile asks first: ${leave ? 'leave' : 'stay'} @blocked`, async ({ page, member, visit }) => {
    await visit('/account');
    const { asked } = answers(page, leave);
    await type(page, 'Bio', `Typed by ${member.name}.`);
    await page.getByRole('link', { name: 'Security' }).click({ noWaitAfter: true });
    await expect.poll(() => asked.length).toBe(1);
    if (leave) {
      await expect(page).toHaveURL('/account/security');
    } else {
      await expect(page).toHaveURL('/account');
      await expect(field(page, 'Bio')).toHaveValue(`Typed by ${member.name}.`);
    }
  });
}

for (const browser of ['this browser', 'a browser that says so afterwards']) {
  for (const leave of [false, true]) {
    test(`Back from a changed profile asks first in ${browser}: ${leave ? 'leave' : 'stay'}`, async ({ page, member, visit }) => {
      if (browser !== 'this browser') {
        await page.addInitScript(() => Object.defineProperty(window, 'navigation', { value: undefined }));
      }
      await visit('/account/security');
      await page.getByRole('link', { name: 'Profile' }).click();
      await expect(page).toHaveURL('/account');
      const { asked } = answers(page, leave);
      await type(page, 'Bio', `Typed by ${member.name}.`);
      await page.evaluate(() => history.back());
      await expect.poll(() => asked).toEqual(['confirm']);
      if (leave) {
        await expect(field(page, 'Current password')).toBeVisible();
      } else {
        await expect(page).toHaveURL('/account');
        await expect(field(page, 'Bio')).toHaveValue(`Typed by ${member.name}.`);
      }
    });
  }
}

test('what is typed while a save is under way is not saved by it', async ({ page, member, visit }) => {
  await visit('/account');
  const { asked } = answers(page, false);
  await type(page, 'Bio', `Sent by ${member.name}.`);
  const save = await hold(page, '**/fn/profile/save');
  await button(page, 'Save profile').click();
  await expect.poll(() => save.held.length).toBe(1);
  await type(page, 'First name', 'Ana');
  // Sending it again is refused, and takes nothing along.
  await page.keyboard.press('Enter');
  save.release();
  await expect(page.getByText(words.saved)).toBeVisible();
  await page.getByRole('link', { name: 'Security' }).click({ noWaitAfter: true });
  await expect.poll(() => asked).toEqual(['confirm']);
  await expect(page).toHaveURL('/account');
  await page.getByLabel('First name').fill('');
  await page.getByRole('link', { name: 'Security' }).click();
  await expect(page).toHaveURL('/account/security');
});

test('boxes and choices count as typed until they are saved @blocked', async ({ page, member, visit }) => {
  await visit('/account');
  const { asked } = answers(page, false);
  // No form of ours has them yet; whoever adds one gets the same.
  const profile = page.locator('form[action="/fn/profile/save"]');
  await profile.evaluate(form => {
    const made = document.createElement('div');
    made.innerHTML = `<input type="checkbox" name="box"><input type="radio" name="way" value="a" checked>
      <input type="radio" name="way" value="b"><select name="one"><option>a<option>b</select>
      <select name="some" multiple><option>a<option selected>b</select>`;
    form.append(made);
  });
  const leave = () => page.getByRole('link', { name: 'Security' }).click({ noWaitAfter: true });
  const change: [string, string][] = [['box', 'checked'], ['way', 'checked'], ['one', 'selected'], ['some', 'selected']];
  for (const [turn, [name, what]] of change.entries()) {
    await page.locator(`[name=${name}]`).last().evaluate((part, property) => {
      const of = part instanceof HTMLSelectElement ? part.options[part.options.length - 1 - Number(part.multiple)] : part;
      Object.assign(of!, { [property]: !(of as never)[property] });
    }, what);
    await leave();
    await expect.poll(() => asked.length, `${name} of ${member.name}`).toBe(turn + 1);
    const tell = (word: string) => profile.dispatchEvent(word, {}, {});
    await tell('sending');
    await tell('saved');
  }
  await leave();
  await expect(page).toHaveURL('/account/security');
  expect(asked.length).toBe(change.length);
});

test('closing a changed profile asks first @blocked', async ({ page, member, visit }) => {
  await visit('/account');
  const { asked } = answers(page, false);
  await type(page, 'Bio', `Typed by ${member.name}.`);
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked).toEqual(['beforeunload']);
});

test('signing out of a changed profile asks first @blocked', async ({ page, member, visit }) => {
  await visit('/account');
  const { asked } = answers(page, false);
  await type(page, 'Bio', `Typed by ${member.name}.`);
  await askToSignOut(page);
  await expect.poll(() => asked.length).toBe(1);
  await expect(page).toHaveURL('/account');
  await expect(field(page, 'Bio')).toHaveValue(`Typed by ${member.name}.`);
});

test('nothing is asked where nothing would be lost', async ({ page, member, visit }) => {
  await visit('/account');
  const { asked } = answers(page, true);
  await page.getByRole('link', { name: 'Security' }).click();
  await fillPasswordChange(page, member.password, 'half a pass');
  await page.getByRole('link', { name: 'Profile' }).click();
  await type(page, 'Bio', 'Saved.');
  await button(page, 'Save profile').click();
  await expect(page.getByText(words.saved)).toBeVisible();
  await page.getByRole('link', { name: 'Security' }).click();
  await expect(page).toHaveURL('/account/security');
  await page.goBack();
  await type(page, 'Bio', '!');
  await page.keyboard.press('Backspace');
  await signOut(page);
  await page.goto('/login');
  await type(page, 'Email or username', 'ana');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL('/register');
  expect(asked).toEqual([]);
});

test('a refused text that comes back is still unsaved @blocked', async ({ page, member, visit, state }) => {
  test.skip(state === 'wasm', 'a plain post');
  await visit('/account');
  const { asked } = answers(page, false);
  await type(page, 'Username', 'a b');
  await type(page, 'Bio', `Typed by ${member.name}.`);
  await button(page, 'Save profile').click();
  await expect(page.locator('#username-error')).toBeVisible();
  await field(page, 'Bio').click();
  await page.getByRole('link', { name: 'Security' }).click({ noWaitAfter: true });
  await expect.poll(() => asked).toEqual(['beforeunload']);
});

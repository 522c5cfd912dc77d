// A7: what was typed is not left behind by a slip.
import { button, field, fillPasswordChange, signOut, words } from '../fixtures/forms';
import { expect, test } from '../fixtures/test';
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
  await signOut(page);
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
  await expect(page).toHaveURL('/');
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

import { button, field, fieldError } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { overflow } from '../../fixtures/overflow';
import { members, strangers } from '../../fixtures/pages';
import { expect, open, register, test } from '../../fixtures/test';

const sizes = [
  { name: '320 px', viewport: { width: 320, height: 640 } },
  { name: 'a phone with its keyboard open', viewport: { width: 320, height: 480 } },
  { name: '768 px', viewport: { width: 768, height: 1024 } },
  { name: '1,600 px', viewport: { width: 1600, height: 1000 } },
  // A browser at 200 % gives the page half the pixels, each twice as large.
  { name: '1,280 px at 200 %', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
];

for (const { name, ...size } of sizes) {
  test.describe(name, () => {
    test.use(size);

    test('nothing sticks out @blocked', async ({ page, context, person, baseURL, state }) => {
      for (const path of strangers) {
        await open(page, path, state);
        expect(await overflow(page), path).toEqual([]);
      }
      // As long as mail takes them: 64 letters before the @, and 63 in a part of what follows.
      const email = `${'w'.repeat(23)}.${person.email.replace('@', `@${'w'.repeat(63)}.`)}`;
      const long = { ...person, name: 'W'.repeat(100), email };
      await register(context, long, baseURL!);
      for (const path of members) {
        await open(page, path, state);
        expect(await overflow(page), path).toEqual([]);
      }
      const { id } = await mailTo(email, /^Confirm your email/);
      for (const path of ['/dev/mail', `/dev/mail/${id}`]) {
        await page.goto(path);
        expect(await overflow(page), path).toEqual([]);
      }
    });

    test('errors do not stick out either', async ({ page, visit }) => {
      await visit('/register');
      await field(page, 'Email').fill('x'.repeat(300));
      await button(page, 'Create account').click();
      await expect(fieldError(page, 'email')).toBeVisible();
      expect(await overflow(page)).toEqual([]);
    });
  });
}

test.describe('on a touch screen', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

  test('fields do not zoom, and fingers find what can be pressed', async ({ page, context, person, baseURL, visit }) => {
    for (const path of strangers) await comfortable(path);
    await register(context, person, baseURL!);
    for (const path of members) await comfortable(path);

    async function comfortable(path: string): Promise<void> {
      await visit(path);
      const small = await page.evaluate(() => {
        const fields = [...document.querySelectorAll<HTMLElement>('main input:not([type=hidden]), main textarea, button')];
        return fields
          .filter(element => element.getBoundingClientRect().width > 1 && element.getAttribute('type') !== 'checkbox')
          .filter(element => {
            const font = parseFloat(getComputedStyle(element).fontSize);
            const types = element.tagName !== 'BUTTON' && font < 16;
            return types || element.getBoundingClientRect().height < 44;
          })
          .map(element => element.outerHTML.slice(0, 120));
      });
      expect(small, path).toEqual([]);
    }
  });
});

test('words that are 40 % longer still fit', async ({ page, visit }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of strangers) {
    await visit(path);
    await page.evaluate(() => {
      const walker = document.createTreeWalker(document.querySelector('main')!, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent ?? '';
        if (text.trim() && !node.parentElement?.closest('pre, code, svg')) {
          node.textContent = text.replace(/\p{L}{3,}/gu, word => word + word.slice(0, Math.ceil(word.length * 0.4)));
        }
      }
    });
    expect(await overflow(page), path).toEqual([]);
  }
});

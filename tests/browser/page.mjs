/* SPDX-License-Identifier: Apache-2.0
 *
 * The demo page in a real browser: node tests/browser/page.mjs BASE_URL [SCREENSHOT.png]
 * First against the daemon at BASE_URL (it must hold the sample documents), then with answers made up here,
 * for what a healthy daemon does not say: hostile text, broken streams, refusals. Needs playwright-core (by
 * NODE_PATH or a node_modules beside the working directory) and chromium (CHROMIUM, or /usr/bin/chromium);
 * without them it says so and succeeds.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const [base, picture] = process.argv.slice(2);
const chromium_path = process.env.CHROMIUM || '/usr/bin/chromium';
const DEADLINE_MS = 30000;

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}

function playwright() {
  try {
    return createRequire(`${process.cwd()}/`)('playwright-core');
  } catch {
    return skip('playwright-core is not installed');
  }
}

if (!base) {
  console.error('usage: node tests/browser/page.mjs BASE_URL [SCREENSHOT.png]');
  process.exit(64);
}
const { chromium } = playwright();
if (!existsSync(chromium_path))
  skip(`${chromium_path} is not there`);

let passed = 0, failed = 0;

function check(name, ok, detail = '') {
  if (ok)
    passed++;
  else
    failed++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}${ok || detail === '' ? '' : `: ${JSON.stringify(detail)}`}`);
}

const browser = await chromium.launch({ executablePath: chromium_path, args: ['--no-sandbox'] });

/* Runs inside the page before its own script: notes violations, and every event-stream byte with its time. */
function spy() {
  window.seen = { violations: [], wire: [], texts: new Set() };
  document.addEventListener('securitypolicyviolation', e => window.seen.violations.push(e.violatedDirective));
  const real = window.fetch;
  window.fetch = async (...args) => {
    const response = await real(...args);
    if (!response.ok)
      return response;
    const [ours, theirs] = response.body.tee();
    const reader = ours.pipeThrough(new TextDecoderStream()).getReader();
    (async () => {
      for (let piece; !(piece = await reader.read()).done;)
        window.seen.wire.push({ at: performance.now(), text: piece.value });
    })().catch(() => {});
    return new Response(theirs, { status: response.status, headers: response.headers });
  };
  new MutationObserver(() => {
    for (const node of document.querySelectorAll('.text'))
      window.seen.texts.add(node.textContent.length);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

async function open(options = {}) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, locale: 'en-US', ...options });
  page.complaints = [];
  page.on('pageerror', e => page.complaints.push(e.message));
  page.on('console', m => ['error', 'warning'].includes(m.type()) && page.complaints.push(m.text()));
  page.setDefaultTimeout(DEADLINE_MS);
  await page.addInitScript(spy);
  await page.goto(base);
  return page;
}

async function ask(page, question) {
  await page.fill('#question', question);
  await page.press('#question', 'Enter');
  await page.waitForSelector('#send:not([hidden])');
}

/* Quiet: nothing ran that should not, nothing was blocked, nothing was reported. */
async function check_quiet(name, page) {
  const ran = await page.evaluate(() => window.xss);
  const violations = await page.evaluate(() => window.seen.violations);
  check(`${name}: nothing from outside ran`, ran === undefined, ran);
  check(`${name}: no CSP violation`, violations.length === 0, violations);
  check(`${name}: no console error`, page.complaints.length === 0, page.complaints);
}

function parse(wire) {
  return wire.split('\n\n').filter(frame => frame.startsWith('event: ')).map(frame => {
    const [, name, data] = /^event: (.*)\n(?:id: .*\n)?data: (.*)$/.exec(frame);
    return { name, data: JSON.parse(data) };
  });
}

/* ---- with the daemon ---- */

async function test_answer() {
  const page = await open();
  check('the page offers three suggestions', await page.locator('#suggestions button').count() === 3);
  check('the question has the focus', await page.evaluate(() => document.activeElement.id === 'question'));
  await page.click('text=How do I stake ETH?');
  await page.waitForSelector('#send:not([hidden])');
  await page.waitForTimeout(50); /* the tee's own reader */
  const wire = await page.evaluate(() => window.seen.wire.map(piece => piece.text).join(''));
  const states = await page.evaluate(() => window.seen.texts.size);
  const events = parse(wire), names = events.map(e => e.name), done = events.at(-1)?.data;
  check('the stream opens with start', names[0] === 'start', names);
  check('the stream closes with done', names.at(-1) === 'done', names);
  const sentences = events.slice(names.lastIndexOf('restart') + 1).filter(e => e.name === 'sentence');
  check('the sentences make up the answer', sentences.map(e => e.data.text).join('') === done?.answer, names);
  const cached = done?.metadata.cached === true;
  check('the answer came in more than one sentence', sentences.length > 1 || cached, sentences.length);
  console.log(`     ${sentences.length} sentence events, ${states} states of the text on the page`);
  const shown = await page.locator('.text').innerText();
  check('the page shows the answer', shown.includes(done?.answer.split(/[.[]/)[0]), shown);
  check('the page says how well it is supported', await page.locator('.verdict').count() === 1);
  if (picture)
    await page.screenshot({ path: picture });
  await check_sources(page);
  await check_quiet('answer', page);
  await page.close();
}

async function check_sources(page) {
  const sources = await page.locator('.sources li').evaluateAll(all => all.map(li => ({
    id: li.id, parts: ['.chip', 'b', '.path', '.excerpt'].map(part => li.querySelector(part).textContent),
  })));
  const numbered = ({ id, parts: [n] }) => /^\d+$/.test(n) && id.endsWith(`-${n}`);
  check('there are sources', sources.length > 0);
  check('sources are numbered', sources.every(numbered), sources);
  check('sources have title, path and excerpt', sources.every(s => s.parts.every(Boolean)), sources);
  const chips = await page.locator('.text .chip')
    .evaluateAll(all => all.map(a => [a.textContent, a.hash ?? '']));
  check('the answer cites', chips.length > 0);
  check('every chip links to its source',
    chips.every(([n, hash]) => sources.some(s => s.parts[0] === n && hash === `#${s.id}`)), chips);
  await page.locator('.text .chip').first().click();
  const focused = await page.evaluate(() => document.activeElement.id);
  check('a click on a chip leads to the source', chips[0] && `#${focused}` === chips[0][1], focused);
}

async function test_question_is_text() {
  const page = await open();
  const probe = '<img src=x onerror="window.xss=1"><script>window.xss=2</script> How do I stake **ETH**?';
  await ask(page, probe);
  check('the question is shown as it was written', await page.locator('.you').textContent() === probe);
  check('the question made no element', await page.locator('#log img, #log script').count() === 0);
  await check_quiet('question', page);
  await page.close();
}

/* ---- with answers made up here ---- */

const frame = (name, data) => `event: ${name}\r\nid: x:1\r\ndata: ${JSON.stringify(data)}\r\n\r\n`;
const stream = (...frames) => ({
  status: 200, contentType: 'text/event-stream; charset=utf-8', body: `: hello\r\n\r\n${frames.join('')}`,
});
const refusal = (status, body, headers = {}) => ({
  status, headers, contentType: 'application/json',
  body: JSON.stringify({ details: null, request_id: 'r1', ...body }),
});
const whole = (answer, more = {}) => [
  frame('start', { message_id: 'm', session_id: 's_test' }), frame('sentence', { text: answer }),
  frame('done', { answer, sources: [], session_id: 's_test', validation: {}, metadata: {}, ...more }),
];

/* Answers the n-th request with answers[n]; the last one again after that. null: never. */
async function fake(page, ...answers) {
  const requests = [];
  await page.route('**/api/v1/chat', route => {
    const request = route.request(), answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push({ key: request.headers()['idempotency-key'], body: request.postData() });
    return answer ? route.fulfill(answer) : undefined;
  });
  return requests;
}

const MARKUP = '<img src=x onerror=window.xss=3><svg onload=window.xss=4>'
  + '<a href="javascript:window.xss=5">x</a>';
const HOSTILE = [
  MARKUP, '[a](javascript:window.xss=6) [b](data:text/html,<script>window.xss=7</script>)',
  '[c](https://example.org/"onmouseover="window.xss=8) <https://example.org/"x="y>',
  `\`${MARKUP}\` **${MARKUP}** *${MARKUP}* # ${MARKUP}`,
  `- ${MARKUP}\n1. ${MARKUP}\n\n\`\`\`${MARKUP}\n${MARKUP}`,
].join('\n\n');
const TAGS = 'A ARTICLE B BR BUTTON CODE DIV EM H2 H3 LI OL P PRE SPAN STRONG UL'.split(' ');
const ATTRIBUTES = 'aria-label class dir hidden href id rel start tabindex target title type'.split(' ');

async function test_answer_is_text() {
  const page = await open();
  const sources = [
    { n: 1, title: MARKUP, source: 'javascript:window.xss=9', excerpt: MARKUP },
    { n: '2" onclick="window.xss=10', title: 'x', source: 'x', excerpt: 'x' },
    { n: 3, title: { toString: 'x' }, source: 'https://example.org/"><script>xss=11</script>', excerpt: 7 },
    null, 'x',
  ];
  await fake(page, stream(
    frame('start', { message_id: MARKUP, session_id: MARKUP }), frame('progress', { stage: 'constructor' }),
    frame(MARKUP, { text: MARKUP }), ...sources.map(s => frame('source', s)),
    frame('sentence', { text: HOSTILE }), frame('sentence', { text: { length: 9 } }), frame('sentence', []),
    frame('done', {
      answer: `${HOSTILE}\n\`\`\`\n\n[1] [2] [3] [99](x)`, sources, language: MARKUP,
      validation: { warnings: ['__proto__', 'constructor', MARKUP, 7, null], confidence_score: '<b>9' },
      metadata: { provider: MARKUP, model: MARKUP, tokens_in: MARKUP, cost_usd: '<b>' },
    })));
  await ask(page, 'hostile');
  await page.locator('.text :is(a, code)').first().hover();
  const log = await page.locator('#log *').evaluateAll(all => all.map(e => ({
    tag: e.tagName, attributes: e.getAttributeNames(), href: e.getAttribute('href'), rel: e.rel,
  })));
  const odd = log.filter(e => !TAGS.includes(e.tag) || e.attributes.some(a => !ATTRIBUTES.includes(a)));
  check('hostile: only known elements and attributes', odd.length === 0, odd);
  const links = log.filter(e => e.href !== null);
  const harmless = e => /^https?:\/\//.test(e.href) ? e.rel.includes('noopener') : /^#a\d+-\d+$/.test(e.href);
  check('hostile: links are http(s) or lead to a source', links.length > 1 && links.every(harmless), links);
  check('hostile: the text is there, as text', (await page.locator('.text').textContent()).includes(MARKUP));
  check('hostile: numbers are not markup', await page.locator('.sources li').count() === 2);
  await check_quiet('hostile', page);
  await page.close();
}

async function test_done_corrects() {
  const page = await open();
  await fake(page, stream(frame('start', {}), frame('sentence', { text: 'First **wrong' }),
    frame('sentence', { text: '** half. [1]\n\n- and\n- more' }), frame('restart', {}),
    frame('sentence', { text: 'Second try.' }), ...whole('The **whole** answer. [1]').slice(2)));
  await ask(page, 'again');
  const shown = await page.locator('.text').textContent();
  check('done replaces what was shown', shown === 'The whole answer. [1]', shown);
  check('a citation without a source is no link', await page.locator('.text .chip').count() === 0);
  await page.close();
}

async function test_broken_stream() {
  const page = await open();
  const requests = await fake(page, stream(...whole('Half an answer.').slice(0, 2)),
    refusal(409, { code: 'conflict', message: 'This message is already being answered.' }),
    { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' },
    stream(...whole('A whole answer.')));
  await ask(page, 'break');
  check('a broken stream is asked again', requests.length === 4, requests);
  check('... with the same key and the same bytes',
    new Set(requests.map(r => r.key + r.body)).size === 1 && requests[0].key.length >= 16, requests);
  const shown = await page.locator('.text').allInnerTexts();
  check('... and ends in one whole answer', shown.join() === 'A whole answer.', shown);
  await ask(page, 'next');
  const [first, next] = [requests[0], requests.at(-1)];
  check('the next question has a new key and the session',
    next.key !== first.key && JSON.parse(next.body).session_id === 's_test', next);
  const stored = await page.evaluate(
    () => localStorage.length + sessionStorage.length + document.cookie.length);
  check('nothing is stored in the browser', stored === 0);
  await page.close();
}

async function test_consent() {
  const page = await open();
  const details = { version: '2026-11-01', text: `Do you agree? ${MARKUP}` };
  const requests = await fake(page,
    refusal(403, { code: 'consent_required', message: 'Consent', details }), stream(...whole('Thank you.')));
  await ask(page, 'consent');
  check('consent: the text is shown', (await page.locator('.notice').innerText()).includes(details.text));
  await page.click('text=I agree');
  await page.waitForSelector('.text:has-text("Thank you.")');
  const [first, second] = requests.map(r => JSON.parse(r.body));
  check('consent: the question goes again with the version', first.consent === undefined
    && second.consent === details.version && second.message === 'consent', requests);
  check('consent: another body has another key', requests[0].key !== requests[1].key, requests);
  await page.close();
}

async function test_refusals() {
  const page = await open();
  const requests = await fake(page,
    refusal(429, { code: 'rate_limited', message: 'Too many messages.' }, { 'Retry-After': '2' }),
    stream(...whole('Now it works.')));
  await ask(page, 'fast');
  const again = page.locator('.notice button');
  check('rate limit: the notice counts down', /^Try again in \d+ s$/.test(await again.textContent())
    && await again.isDisabled());
  await page.locator('.notice button:enabled').click();
  await page.waitForSelector('.text:has-text("Now it works.")');
  check('rate limit: the second try answers', requests.length === 2);
  await page.unroute('**/api/v1/chat');
  await fake(page, refusal(429, { code: 'quota_exceeded', message: 'All 100 messages are used.' }),
    stream(frame('start', {}), frame('error', { code: 'unavailable', message: 'No model.' })));
  await ask(page, 'quota');
  check('quota: said, with no button that cannot help', await page.locator('.notice').count() === 1
    && await page.locator('.notice button').count() === 0);
  await ask(page, 'error');
  const notice = await page.locator('.notice').last().innerText();
  check('an error event is shown', notice.includes('No model.'), notice);
  await page.close();
}

async function test_stop() {
  const page = await open();
  await fake(page, null);
  for (const way of [() => page.keyboard.press('Escape'), () => page.click('#stop')]) {
    await page.fill('#question', 'stop me');
    await page.press('#question', 'Enter');
    await page.waitForSelector('#stop:not([hidden])');
    await way();
    await page.waitForSelector('#send:not([hidden])');
  }
  check('Escape and the button stop', await page.locator('text=Stopped.').count() === 2);
  await page.click('#fresh');
  check('a new chat is empty', await page.locator('#log *').count() === 0 && await page.isVisible('#hello'));
  await page.close();
}

async function test_layout() {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ viewport: { width: 320, height: 640 }, colorScheme });
    const answer = `${'long'.repeat(99)} [1]\n\n\`\`\`\n${'code '.repeat(60)}\n\`\`\`\n\nشرح [1]`;
    await fake(page, stream(...whole(answer, {
      sources: [{ n: 1, title: 'T'.repeat(200), source: 'p/'.repeat(90), excerpt: 'E'.repeat(400) }],
      validation: { confidence_score: 81, warnings: ['danger_phrase'] },
    })));
    await ask(page, 'wide'.repeat(60));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(`${colorScheme}, 320 px: nothing hangs over the edge`, overflow <= 0, overflow);
    const rtl = await page.locator('.text p').last().evaluate(p => getComputedStyle(p).direction);
    check(`${colorScheme}: right-to-left text runs right to left`, rtl === 'rtl', rtl);
    await check_quiet(`${colorScheme} layout`, page);
    await page.close();
  }
}

for (const test of [test_answer, test_question_is_text, test_answer_is_text, test_done_corrects,
  test_broken_stream, test_consent, test_refusals, test_stop, test_layout]) {
  try {
    await test();
  } catch (e) {
    check(test.name, false, e.message);
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

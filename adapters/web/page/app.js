/* SPDX-License-Identifier: Apache-2.0
 *
 * The demo page: asks api/v1/chat and shows the event stream. What comes from outside becomes a text node or
 * a checked attribute, never markup. A broken connection is asked again with the same idempotency key and the
 * same bytes, so the server answers (and bills) once. The session lives in a variable and nowhere else. One
 * question at a time.
 */
const API = new URL('api/v1/chat', document.baseURI);
const SILENCE_MS = 45000; // the server pings every 15 s
const TRIES_MAX = 12; // about 80 s
const UNSEEN = ['network', 'draining', 'conflict']; // repeated without asking

const $ = id => document.getElementById(id);
const text = x => typeof x === 'string' ? x : '';
const object = x => x && typeof x === 'object' ? x : {};
const list = x => Array.isArray(x) ? x : [];

let session, turns = 0, current = null, told = false;

/* el('p.small', { dir: 'auto' }, 'text', node, ...) */
function el(what, props, ...children) {
  const [tag, className] = what.split('.');
  const node = Object.assign(document.createElement(tag), className && { className }, props);
  node.append(...children);
  return node;
}

const small = words => el('p.small', {}, words);

/* ---- Markdown, the little that answers use ---- */

const INLINE = new RegExp([
  '`([^`]+)`', '\\*\\*([^*]+)\\*\\*', '\\*([^*\\s][^*]*)\\*', '\\[(\\d{1,2})\\](?!\\()',
  '\\[([^\\[\\]]+)\\]\\((https?://[^\\s()]+)\\)', '(https?://[^\\s<>()\\[\\]"\']+[\\w/])',
].join('|'), 'g');

const link = (label, href) =>
  el('a', { href, title: href, rel: 'noopener noreferrer', target: '_blank' }, label);

function inline(node, line, cite) {
  let at = 0;
  for (const m of line.matchAll(INLINE)) {
    const [all, code, bold, italic, n, label, address, bare] = m;
    node.append(line.slice(at, m.index));
    if (code)
      node.append(el('code', {}, code));
    else if (bold || italic)
      node.append(inline(el(bold ? 'strong' : 'em'), bold || italic, cite));
    else
      node.append(n ? cite(Number(n)) || all : link(label || bare, address || bare));
    at = m.index + all.length;
  }
  node.append(line.slice(at));
  return node;
}

const FENCE = /^\s*```/, ITEM = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/, HEADING = /^#{1,6}\s+(.*)$/;

function markdown(source, cite) {
  const out = el('div'), lines = source.split('\n');
  let open = null; /* the paragraph or list that the next line may continue */
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i], item = ITEM.exec(line), heading = HEADING.exec(line);
    const block = tag => out.appendChild(el(tag, { dir: 'auto' }));
    if (FENCE.test(line)) {
      const from = i + 1;
      while (++i < lines.length && !FENCE.test(lines[i]));
      block('pre').append(el('code', {}, lines.slice(from, i).join('\n')));
      open = null;
    } else if (item) {
      const tag = item[1] ? 'OL' : 'UL';
      if (open?.tagName !== tag)
        open = Object.assign(block(tag), item[1] && { start: item[1] });
      open.append(inline(el('li', { dir: 'auto' }), item[2], cite));
    } else if (heading) {
      inline(block('h3'), heading[1], cite);
      open = null;
    } else if (!line.trim()) {
      open = open?.tagName === 'P' ? null : open;
    } else if (open?.tagName === 'P') {
      open.append(el('br'));
      inline(open, line, cite);
    } else {
      open = inline(block('p'), line, cite);
    }
  }
  return out;
}

/* Makes `old` like `fresh` and keeps what did not change: a selection or a focused link survives. */
function morph(old, fresh) {
  while (old.childNodes.length > fresh.childNodes.length)
    old.lastChild.remove();
  [...fresh.childNodes].forEach((now, i) => {
    const was = old.childNodes[i];
    if (!was)
      old.append(now);
    else if (was.isEqualNode(now))
      return;
    else if (now.firstChild && was.cloneNode().isEqualNode(now.cloneNode()))
      morph(was, now);
    else
      was.replaceWith(now);
  });
}

/* ---- an answer on the page ---- */

const STAGES = { __proto__: null, searching: 'Searching the documents', writing: 'Writing the answer' };
const WARNINGS = {
  __proto__: null,
  danger_phrase: 'Wording that promised too much was toned down.',
  sentence_withheld: 'A sentence that failed the checks was left out.',
  foreign_personal_data: 'Personal data was masked.',
  dead_citation: 'A reference to no known source was removed.',
  ungrounded: 'The documents do not clearly support this answer.',
  no_citations: 'The text names no sources; those listed were searched.',
  provider_sources: 'The answer rests on web sources, not on the documents.',
  not_in_documents: 'The documents do not hold the answer.',
  similar_question: 'This is the answer to the same question in other words.',
  provider_fallback: 'The first model failed; another one answered.',
  budget_soft: 'The budget is nearly used; a cheaper model may have answered.',
  budget_hard: 'The budget is used up; a model was left out.',
  injection_suspected: 'Instructions in the message were not followed.',
  privacy_notice: 'This conversation is stored for a limited time.',
};

const say = message => { $('status').textContent = message; };

class View {
  constructor(question) {
    this.id = `a${++turns}`;
    this.you = el('article.you', { dir: 'auto', ariaLabel: 'You' }, question);
    this.body = el('div.text');
    this.progress = el('p.progress');
    this.extra = el('div');
    $('log').append(this.you, el('article', { ariaLabel: 'Answer' }, this.body, this.progress, this.extra));
    this.restart();
    scrollTo({ top: this.you.offsetTop - 16 });
  }

  /* Changes the page and follows its end, but never past the question. */
  change(act) {
    const page = document.scrollingElement, end = () => page.scrollHeight - page.clientHeight;
    const follows = page.scrollTop > end() - 80;
    act();
    const top = Math.min(end(), this.you.offsetTop - 16);
    if (follows && page.scrollTop < top)
      scrollTo({ top });
  }

  restart() {
    this.answer = '';
    this.sources = new Map();
    this.final = false;
    this.body.replaceChildren();
    this.extra.replaceChildren();
  }

  stage(message) {
    this.progress.textContent = message;
    this.progress.hidden = !message;
    say(message);
  }

  /* A source the server has named is a link, one it may yet name is marked, any other is plain text. */
  cite(n) {
    if (this.sources.has(n))
      return el('a.chip', { href: `#${this.id}-${n}`, ariaLabel: `Source ${n}` }, String(n));
    return this.final ? null : el('span.chip', {}, String(n));
  }

  sentence(piece) {
    this.answer += piece;
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.change(() => morph(this.body, markdown(this.answer, n => this.cite(n))));
  }

  source(s) {
    if (Number.isInteger(s.n))
      this.sources.set(s.n, s);
  }

  finish(body) {
    this.answer = text(body.answer);
    this.sources.clear();
    list(body.sources).forEach(s => this.source(object(s)));
    this.close(...verdict(body), ...this.listed(), ...footnote(body));
    say(`Answer: ${this.body.innerText}`);
  }

  listed() {
    const entries = [...this.sources.values()].sort((a, b) => a.n - b.n).map(s => {
      const path = text(s.source);
      return el('li', { id: `${this.id}-${s.n}`, tabIndex: -1 },
        el('span.chip', {}, String(s.n)),
        el('b', { dir: 'auto' }, text(s.title) || path),
        el('span.path', {}, /^https?:\/\//.test(path) ? link(path, path) : path),
        el('p.excerpt', { dir: 'auto' }, text(s.excerpt).replace(/[\p{L}\p{N},]$/u, '$&…')));
    });
    return entries.length ? [el('h2', {}, 'Sources'), el('ol.sources', {}, ...entries)] : [];
  }

  close(...extra) {
    this.final = true;
    this.stage('');
    this.draw();
    this.change(() => this.extra.replaceChildren(...extra));
  }
}

/* Confidence and warnings in plain words. */
function verdict(body) {
  const v = object(body.validation), score = v.confidence_score, out = [];
  const warnings = list(v.warnings).map(text).filter(w => w && !(w === 'privacy_notice' && told));
  told ||= warnings.includes('privacy_notice');
  if (!body.code && Number.isFinite(score) && !warnings.includes('not_in_documents')) {
    const how = score >= 70 ? 'Well' : score >= 40 ? 'Partly' : 'Hardly';
    out.push(el('p', { className: `verdict ${how}` }, el('b', {}, `${how} supported by the documents`),
      `Confidence ${score} of 100`));
  }
  if (warnings.length)
    out.push(el('ul.warnings', {}, ...warnings.map(w => el('li', {}, WARNINGS[w] ?? w))));
  return out;
}

function footnote(body) {
  const m = object(body.metadata), parts = [text(m.provider), text(m.model)];
  if (m.response_time_ms >= 0)
    parts.push(`${Number(m.response_time_ms) / 1000} s`);
  if (m.tokens_in || m.tokens_out)
    parts.push(`${Number(m.tokens_in)} tokens in, ${Number(m.tokens_out)} out`);
  if (m.cost_usd > 0)
    parts.push(`$${Number(m.cost_usd).toPrecision(2)}`);
  if (m.cached === true)
    parts.push('from the cache');
  return [small([...new Set(parts)].filter(Boolean).join(' · '))];
}

/* ---- what went wrong, and what can be done about it ---- */

const TITLES = {
  __proto__: null,
  network: 'The connection broke',
  rate_limited: 'A little too fast',
  quota_exceeded: 'No messages left this month',
};
const HOPELESS = ['quota_exceeded', 'payload_too_large', 'bad_request'];

class Failure extends Error {
  constructor(body, wait) {
    super(text(body.message));
    this.code = text(body.code);
    this.details = object(body.details);
    this.request = text(body.request_id);
    this.wait = Math.min(Number(wait || this.details.retry_after_s) || 0, 3600);
  }
}

const broken = () => new Failure({ code: 'network', message: 'The server does not answer.' });

function button(label, onclick) {
  return el('button.pill', { type: 'button', onclick: () => current || onclick() }, label);
}

function countdown(node, seconds) {
  node.disabled = seconds > 0;
  node.textContent = seconds > 0 ? `Try again in ${seconds} s` : 'Try again';
  if (seconds > 0)
    setTimeout(countdown, 1000, node, seconds - 1);
}

function problem(turn, e) {
  const title = TITLES[e.code] ?? 'No answer this time';
  const box = el('div.notice', {}, el('h3', {}, title), el('p', { dir: 'auto' }, e.message));
  if (e.request)
    box.append(small(`Request ${e.request}`));
  if (!HOPELESS.includes(e.code)) {
    const again = button('', () => ask(turn));
    countdown(again, Math.ceil(e.wait));
    box.append(again);
  }
  turn.view.close(box);
  say(`${title}. ${e.message}`);
}

function consent(turn, e) {
  const box = el('div.notice', { tabIndex: -1 },
    el('h3', {}, 'Before the first answer'),
    el('p', { dir: 'auto' }, text(e.details.text) || e.message),
    button('I agree', () => ask(renew(turn, text(e.details.version)))),
    button('No, thanks', () => turn.view.close(small('Not answered: you did not agree.'))));
  turn.view.close(box);
  box.focus();
}

/* ---- the wire ---- */

/* Events of a stream, as [name, data]; a ping has no name. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', name = '', data = '';
  for (let chunk; !(chunk = await reader.read()).done;) {
    const lines = (rest + chunk.value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (field === 'event')
        name = value;
      else if (field === 'data')
        data += `${value}\n`;
      else if (!line) {
        if (data)
          yield [name, object(JSON.parse(data))];
        name = data = '';
      }
    }
    yield ['', {}];
  }
}

/* One event on the page; true when it was the last. */
function take(view, name, data) {
  if (name === 'start' || name === 'done')
    session = text(data.session_id) || session;
  if (name === 'progress')
    view.stage(STAGES[data.stage] ?? 'Working');
  else if (name === 'sentence')
    view.sentence(text(data.text));
  else if (name === 'restart')
    view.restart();
  else if (name === 'source')
    view.source(data);
  else if (name === 'error')
    throw new Failure(data);
  else if (name === 'done')
    view.finish(data);
  return name === 'done';
}

async function refusal(response) {
  const body = object(await response.json().catch(() => null)), wait = response.headers.get('Retry-After');
  if (!body.code && response.status >= 500) /* a proxy whose upstream is away */
    return broken();
  return new Failure(body.code ? body : { message: `HTTP ${response.status}` }, wait);
}

async function exchange(turn, signal, alive) {
  const response = await fetch(API, {
    method: 'POST', body: turn.body, signal,
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', 'Idempotency-Key': turn.key },
  });
  if (!response.ok)
    throw await refusal(response);
  turn.view.restart();
  for await (const [name, data] of events(response.body)) {
    alive();
    if (take(turn.view, name, data))
      return;
  }
  throw broken();
}

/* One try. A stream that says nothing for too long is broken. */
async function attempt(turn) {
  const cut = turn.cut = new AbortController();
  let watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => cut.abort(), SILENCE_MS);
  };
  alive();
  try {
    await exchange(turn, cut.signal, alive);
  } catch (e) {
    cut.abort();
    throw e instanceof Failure ? e : broken();
  } finally {
    clearTimeout(watchdog);
  }
}

/* ---- asking ---- */

/* crypto.randomUUID is only there over https and on localhost. */
const new_key = () => crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join('-');

function renew(turn, consent) {
  const body = { message: turn.question, locale: navigator.language, session_id: session, consent };
  return Object.assign(turn, { key: new_key(), body: JSON.stringify(body) });
}

async function persist(turn) {
  for (let n = 1; ; n++) {
    try {
      return await attempt(turn);
    } catch (e) {
      if (turn.stopped || !UNSEEN.includes(e.code) || n === TRIES_MAX)
        throw e;
    }
    turn.view.stage('The connection broke; trying again');
    await new Promise(wake => {
      turn.wake = wake;
      setTimeout(wake, Math.min(8000, 500 * 2 ** n) * (0.5 + Math.random() / 2));
    });
    if (turn.stopped)
      throw broken();
  }
}

async function ask(turn) {
  turn.stopped = false;
  turn.view.restart();
  turn.view.stage('Sending');
  working(turn);
  try {
    await persist(turn);
  } catch (e) {
    /* The same key first: the answer may be there by now. The same refusal twice is a stored one. */
    if (e.code === turn.failed && !UNSEEN.includes(e.code))
      renew(turn);
    turn.failed = e.code;
    if (turn.stopped)
      turn.view.close(small('Stopped.'));
    else if (e.code === 'consent_required' && e.details.version)
      consent(turn, e);
    else
      problem(turn, e);
  }
  working(null);
}

function working(turn) {
  const held = document.activeElement;
  current = turn;
  $('log').ariaBusy = String(!!turn);
  $('send').hidden = !!turn;
  $('stop').hidden = !turn;
  if (!held.offsetParent) /* its button is gone */
    $(turn ? 'stop' : 'send').focus();
}

function submit(question) {
  if (current || !question.trim())
    return;
  $('hello').hidden = true;
  $('fresh').hidden = false;
  $('question').value = '';
  ask(renew({ question, view: new View(question) }));
}

function stop() {
  if (!current)
    return;
  current.stopped = true;
  current.cut.abort();
  current.wake?.();
}

$('form').onsubmit = e => {
  e.preventDefault();
  submit($('question').value);
};
$('question').onkeydown = e => {
  if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    submit($('question').value);
  }
};
$('suggestions').onclick = e => {
  if (e.target.tagName === 'BUTTON')
    submit(e.target.textContent);
};
$('log').onclick = e => {
  const chip = e.target.closest('a.chip');
  if (chip) {
    e.preventDefault(); /* keep the history */
    $(chip.hash.slice(1))?.focus();
  }
};
$('stop').onclick = e => {
  if (e.detail < 2) /* the second half of a double click on Send is no stop */
    stop();
};
$('fresh').onclick = () => {
  stop();
  session = undefined;
  $('log').replaceChildren();
  $('hello').hidden = false;
  $('fresh').hidden = true;
  $('question').focus();
};
onkeydown = e => {
  if (e.key === 'Escape')
    stop();
};

// Intents, their examples and a training of a few seconds, as the server would tell of them.
import { ago, id } from './mock-data.mjs';

const make = (name, cls, own, right, checked, texts, more = {}) => ({
  name, class: cls, description: '', own, trained: checked > 0, held_back: checked ? { checked, right, ...(more.confused ? { confused_with: more.confused } : {}) } : undefined,
  list: texts.map(([text, from, fresh]) => ({ id: id('ex'), intent: name, text, from, by: from === 'starter' ? '' : 'Yu Chen', at: from === 'starter' ? undefined : ago(200), new: !!fresh, place: from === 'folder' ? 'shop.yml:12' : undefined })),
  ...more.fields,
});

const all = [
  make('bot_identity', 'smalltalk', false, 9, 10, [['are you a robot?', 'starter'], ['你是真人吗', 'starter']]),
  make('delivery_time', 'business', true, 14, 15, [['how long until my parcel is here', 'person'], ['when does the courier come', 'file'], ['快递几天能到', 'review', true]], { fields: { description: 'Asks when an order will arrive.' } }),
  make('gift_wrapping', 'business', true, 0, 0, [['can you wrap it as a gift', 'person', true]]),
  make('order_status', 'business', false, 11, 17, [['where is order 48213', 'folder'], ['has it been sent yet', 'folder'], ['我的订单到哪了', 'person', true]], { confused: 'delivery_time' }),
  make('thanks', 'smalltalk', false, 12, 12, [['thank you so much', 'starter'], ['谢谢', 'starter']]),
  make('wholesale', 'business', true, 0, 0, []),
];
const versions = [
  { version: 4, active: true, created_at: ago(190), by: 'Yu Chen', note: 'Added delivery times in Chinese', intents: 12, examples: 604, held_back: 604, accuracy: 0.932 },
  { version: 3, active: false, created_at: ago(9000), by: '', note: '', intents: 12, examples: 571, held_back: 571, accuracy: 0.919 },
  { version: 2, active: false, created_at: ago(30000), by: 'Lin Wei', note: 'Before the new catalogue', intents: 10, examples: 430, held_back: 430, accuracy: 0.921 },
];
let training = { state: 'none', done: 0, all: 0 };

const wire = ({ list, ...x }) => ({ ...x, examples: list.length, stored: list.filter((e) => !['starter', 'folder'].includes(e.from)).length, new: list.filter((e) => e.new).length });

function train(body) {
  const stages = [['embed', 640], ['check', 25], ['scope', 4], ['train', 1]];
  training = { state: 'running', stage: 'embed', done: 0, all: 640, by: 'Lin Wei' };
  const timer = setInterval(() => {
    if (training.state !== 'running') return clearInterval(timer);
    training.done += Math.ceil(training.all / 4);
    if (training.done < training.all) return;
    const next = stages[stages.findIndex(([s]) => s === training.stage) + 1];
    if (next) return Object.assign(training, { stage: next[0], done: 0, all: next[1] });
    const v = { ...versions[0], version: versions[0].version + 1, active: true, created_at: ago(0), by: 'Lin Wei', note: body.note ?? '' };
    for (const old of versions) old.active = false;
    versions.unshift(v);
    for (const x of all) for (const e of x.list) Object.assign(e, { new: false });
    training = { state: 'done', done: 0, all: 0, version: v.version, changed: true, ended_at: ago(0) };
  }, 500);
}

/** Answers what is about intents; false where it is about something else. */
export function intents(key, json, send, problem) {
  const m = (pattern) => new RegExp(`^${pattern}$`).exec(key);
  const find = (name) => all.find((x) => x.name === decodeURIComponent(name));
  let x;
  if (key === 'GET /intents') {
    const added = all.flatMap((i) => i.list).filter((e) => e.new).length;
    send(200, { items: all.map(wire), version: versions.find((v) => v.active), added, removed: 0 });
  } else if (key === 'POST /intents') {
    const made = { ...make(json().name, json().class, true, 0, 0, []), ...json() };
    all.push(made);
    all.sort((a, b) => a.name.localeCompare(b.name));
    send(201, wire(made));
  } else if (key === 'POST /intents/train') {
    train(json());
    send(202, training);
  } else if (key === 'GET /intents/training') send(200, training);
  else if (key === 'DELETE /intents/training') {
    training = { state: 'cancelled', done: 0, all: 0, ended_at: ago(0) };
    send(200, training);
  } else if (key === 'GET /intents/versions') send(200, { items: versions });
  else if ((x = m('POST /intents/versions/([^/]+)/activate'))) {
    for (const v of versions) v.active = String(v.version) === x[1];
    send(200, versions.find((v) => v.active));
  } else if ((x = m('GET /intents/([^/]+)/examples'))) {
    const i = find(x[1]);
    i ? send(200, { items: i.list }) : problem(404, 'Not found', 'There is no such intent.');
  } else if ((x = m('POST /intents/([^/]+)/examples'))) {
    const other = all.find((i) => i.list.some((e) => e.text === json().text) && i !== find(x[1]));
    if (other) return problem(409, 'Conflict', `These words are an example of "${other.name}" already, so they cannot be one of "${decodeURIComponent(x[1])}" too. Remove them there first.`), true;
    const e = { id: id('ex'), intent: find(x[1]).name, text: json().text, from: 'person', by: 'Lin Wei', at: ago(0), new: true };
    find(x[1]).list.unshift(e);
    send(201, e);
  } else if ((x = m('DELETE /intents/([^/]+)/examples/([^/]+)'))) {
    const i = find(x[1]);
    i.list = i.list.filter((e) => e.id !== x[2]);
    send(204);
  } else if ((x = m('PUT /intents/([^/]+)'))) {
    const i = find(x[1]);
    Object.assign(i, json());
    send(200, wire(i));
  } else if ((x = m('DELETE /intents/([^/]+)'))) {
    all.splice(all.indexOf(find(x[1])), 1);
    send(204);
  } else return false;
  return true;
}

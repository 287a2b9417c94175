// Objects of the HTTP API as the console reads them (docs/protocol.md).
import type { Http } from '../shared/client/http';
import type { Agent, Conversation, Decision, Placing, Source, TicketOrder, TicketStatus } from '../shared/protocol';

/** A query string of what is set: the API refuses empty values of closed lists. */
export function query(params: Record<string, string | number | undefined>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) if (v !== undefined && v !== '') q.set(k, String(v));
  return q.toString();
}

/** Every row of a list that the API gives out by pages. */
export async function everything<T>(http: Pick<Http, 'get'>, path: string): Promise<T[]> {
  const out: T[] = [];
  for (let cursor: string | undefined, more = true; more; more = !!cursor) {
    const page = await http.get<Page<T>>(`${path}?${query({ limit: 200, cursor })}`);
    out.push(...page.items);
    cursor = page.next;
  }
  return out;
}

export type Role = 'administrator' | 'supervisor' | 'agent' | 'editor';

export interface Account {
  id: string;
  email: string;
  name: string;
  roles: Role[];
  skills: string[];
  capacity: number;
  weight?: number; // share of chats among equals; 100 is normal
  ramp_s?: number;
  disabled: boolean;
  created_at?: string;
}

/** A week and the dates on which it differs. */
export interface Hours {
  zone?: string;
  weeks: { day: number; open: string; close: string }[];
  holidays: { date: string; spans: { open: string; close: string }[] }[];
}

export interface Shift {
  from: string;
  to: string;
}

/** The shift that is now and the next one, as far as they are planned. */
export interface Shifts {
  now?: Shift;
  next?: Shift;
}

export interface Roster extends Shifts {
  agent: string;
  name: string;
  duty: Agent['duty'];
  hours: Hours;
  version: string;
}

export interface QueueConfig {
  id: string; // empty: the main queue
  name: string;
  hours: Hours;
  offer_for_s: number; // 0 everywhere: the default
  skills: string[];
  priority: number;
  relax: { after_s: number; drop: string }[];
  strict: boolean;
  overflow: { after_s: number; to: string }[];
  round_robin: boolean;
  wrap_up_s: number;
  first_reply_s: number;
  answer_s: number;
  ask_code: boolean; // whoever closes a chat must pick a wrap-up code
  able?: number; // who could ever serve it
  none?: string[]; // of what it asks for, what nobody has
  pass_back_s: number;
  tickets: { first_s?: number; next_s?: number; resolve_s?: number; reopen_s?: number };
  version: string;
}

export interface WallQueue {
  id: string;
  name: string;
  waiting: number;
  offered: number;
  parked: number;
  late: number;
  longest_s: number;
  answer_s: number;
  next?: string;
  open: boolean;
  agents: number;
  free: number;
  alone?: number; // of those who wait, whom nobody on duty would do for
  never?: number; // of those who wait, whom nobody there is could ever serve
  able?: number; // who could ever serve it, on duty or not
  none?: string[]; // of what it asks for, what nobody has
}

export interface WallAgent extends Agent, Shifts {
  connected: boolean;
  slots: number;
  full?: boolean; // no chat of any channel fits in
}

export interface WallWait {
  row: Conversation;
  position?: number;
  waited_s: number;
  told_s?: number;
  told_upper_s?: number;
}

export interface Wall {
  at: string;
  queues: WallQueue[];
  agents: WallAgent[];
  waits: WallWait[];
  chats?: Conversation[]; // that the agent has who was asked for
  bots: { row: Conversation; risk: number; failed: number }[];
}

export interface ConsoleSession {
  account: Account;
  csrf: string;
  agent?: Agent;
  inboxes?: { id: string; name: string }[];
  workspace?: { name: string };
  translate?: boolean; // a language model translates
}

export interface Translation {
  language: string;
  text: string;
  lost?: string[]; // numbers, codes and addresses that the text lacks
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export type View = 'mine' | 'queue' | 'bot' | 'closed' | 'all';

export interface ConversationPage extends Page<Conversation> {
  counts?: Partial<Record<View, number>>;
}

export type TicketView = 'open' | 'mine' | 'unassigned' | 'late' | 'pending' | 'solved' | 'all';
export type TicketLevel = 'first' | 'next' | 'resolve';

export interface TicketMail {
  id: string;
  out: boolean;
  address: string;
  state: 'due' | 'sent' | 'failed' | 'came';
  failure?: string;
  at: string;
}

export interface Ticket {
  id: string;
  number: number;
  conversation: string;
  version: number;
  status: TicketStatus;
  assignee?: { id: string; name: string };
  queue?: string;
  priority: number;
  subject: string;
  language: string;
  email?: string;
  phone?: string;
  origin: 'nobody' | 'message' | 'rule' | 'hand' | 'mail';
  merged_into?: string;
  due_at?: string;
  due_for?: TicketLevel;
  clock: {
    wished_at: string;
    first_at?: string;
    first_s: number;
    first_late: boolean;
    next_s: number;
    next_late: boolean;
    worked_s: number;
    resolve_late: boolean;
    solved_at?: string;
    reopened: number;
  };
  created_at: string;
  updated_at: string;
  linked?: Ticket[]; // only of a single ticket
  mails?: TicketMail[]; // only of a single ticket
}

export interface Candidate {
  document: string;
  kind: 'page' | 'entry';
  path: string;
  title: string;
  url: string;
  language: string;
  heading: string[];
  passage: string;
  curated: boolean;
  matched?: string;
  score: number;
  confidence: number;
  evidence: {
    lexical_score: number;
    lexical_rank: number;
    vector_score: number;
    vector_rank: number;
    coverage: number;
    margin: number;
  };
}

export interface Threshold {
  rule: string;
  op: '>=' | '<=' | '>' | '<';
  value: number;
}

export interface Trace {
  event?: string;
  at?: string;
  asked: string;
  question: string;
  rewritten?: boolean;
  carried?: string[];
  meant?: string;
  language?: string;
  intents?: { name: string; class?: string; confidence: number }[];
  out_of_scope?: number;
  entities?: { type: string; value: string; text: string }[];
  sentiment?: { turn: number; trend: number };
  candidates?: Candidate[];
  signals?: Record<string, number>;
  thresholds?: Record<string, Threshold[]>;
  decision: Decision;
  rule: string;
  because?: string;
  reason?: string;
  answer: string;
  sources?: Source[];
  suggestions?: string[];
  confidence: number;
  failed?: boolean;
  model?: string;
  fallback?: string;
  placing?: Placing; // of a hand-off
  timings_ms?: Record<string, number>;
  helpful?: boolean;
  why?: string;
}

export interface Doc {
  id: string;
  kind: 'page' | 'entry';
  status: 'draft' | 'published' | 'deleted';
  version: number;
  draft_version?: number;
  path: string;
  source?: string;
  title: string;
  url?: string;
  language: string;
  audience?: string;
  tags?: string[];
  valid_from?: string;
  valid_until?: string;
  text?: string;
  question?: string;
  answer?: string;
  paraphrases?: string[];
  negatives?: string[];
  confirmed?: string[]; // questions of visitors that somebody confirmed
  despite?: string; // of what is sent: why it is published although questions break
  created_at: string;
  updated_at: string;
  updated_by?: string;
}

export interface Version {
  version: number;
  status: string;
  updated_at: string;
  updated_by?: string;
  title?: string;
}

export interface ImportFile {
  name: string;
  size: number;
  state: 'queued' | 'running' | 'done' | 'unchanged' | 'failed';
  code?: string; // of a failed one; "stopped": by the release gate
  progress?: number;
  detail?: string;
  documents?: number;
  created?: number;
  updated?: number;
  unchanged?: number;
  removed?: number;
  skipped?: number; // rows that were not taken
  sections?: number;
  problems?: { row?: number; field?: string; detail: string }[];
}

export interface Import {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed';
  created_at: string;
  by?: string;
  detail?: string;
  files: ImportFile[];
}

export interface ReviewItem {
  event: string;
  conversation: string;
  at: string;
  asked: string;
  question: string;
  count?: number; // turns of the cluster
  wordings?: string[]; // other ways it was asked
  draft?: string; // what a person answered
  language: string;
  decision: Decision;
  answer: string;
  confidence: number;
  helpful?: boolean;
  why?: string;
  sources?: Source[];
  nearest?: Nearest;
  tied?: Nearest; // of a near tie
}

export interface Nearest {
  document: string;
  title: string;
  confidence: number;
}

export type ReviewKind = 'unanswered' | 'unhelpful' | 'taken' | 'near_tie';

/** What the bot did with a confirmed question. */
export interface Outcome {
  at?: string;
  right: boolean;
  decision: Decision;
  document?: string;
  title?: string;
  answer: string;
  confidence: number;
}

/** A line of the regression set. */
export interface ConfirmedQuestion {
  id: string;
  question: string;
  language?: string;
  document?: string;
  title?: string;
  status?: string;
  event?: string;
  by: string;
  at: string;
  last?: Outcome;
  before?: boolean; // of a run: right in the run before
}

export interface Flip {
  check: string;
  question: string;
  document?: string;
  title?: string;
  before: Outcome;
  after: Outcome;
}

/** What the release gate says of a change. */
export interface Verdict {
  lines: number;
  right_before: number;
  right_after: number;
  p: number;
  broken: Flip[];
  mended: Flip[];
}

export interface Release {
  id: string;
  subject: string;
  state: 'stopped' | 'despite' | 'within';
  despite?: string;
  by: string;
  at: string;
  verdict: Verdict;
}

export interface InboxConfig {
  id: string;
  name: string;
  origins: string[];
  accent: string;
  greeting: { en?: string; zh?: string };
  language: string;
  hours?: { zone: string; weeks: { day: number; open: string; close: string }[] };
  slots?: number; // of an agent's capacity that a chat takes; absent: 1
  version?: number;
}

export type ConditionKind = 'intent' | 'reason' | 'entity' | 'language' | 'page' | 'attribute' | 'tier' | 'returning' | 'sentiment';

export interface Condition {
  kind: ConditionKind;
  name?: string; // of the entity or the attribute
  values?: string[]; // any of them
  days?: number;
  below?: number;
  not?: boolean;
}

/** Where a chat goes that asks for a person. */
export interface Rule {
  id?: string; // absent: a new one
  name: string;
  off?: boolean;
  when: Condition[];
  queue?: string;
  skills?: string[];
  priority?: number;
  ticket?: TicketOrder;
}

export type Then = 'close' | 'transfer' | 'hand_back';

/** Words that an agent sends by a shortcut; a macro also leaves a note or ends with a move. */
export interface Reply {
  id: string;
  version: number;
  updated_at: string;
  own?: boolean; // absent: everybody's
  shortcut: string;
  title: string;
  text: { en?: string; zh?: string };
  note?: string;
  then?: Then;
  queue?: string;
  code?: string;
}

export interface ReplyList {
  items: Reply[];
  variables: string[];
  queues: { id: string; name: string; answer_s: number }[];
}

export interface Code {
  id?: string; // absent: a new one
  name: string;
  off?: boolean;
}

export interface CodeList {
  codes: Code[];
  version: number;
}

/** What a rule would have done with past hand-offs. */
export interface Trial {
  looked: number;
  items: { row: Conversation; at: string; because: string[]; before: Placing; after: Placing }[];
}

export interface Rulebook {
  rules: Rule[];
  version: number;
  broken: { rule: string; queue?: string; skill?: string; ticket?: boolean }[];
  queues: { id: string; name: string }[];
  skills: string[];
}

export interface TaughtIntent {
  name: string;
  class: 'business' | 'smalltalk' | 'person' | 'other';
  description: string;
  own: boolean; // made here: it can be renamed and removed
  examples: number;
  stored: number;
  new: number; // the version in service was not trained on them
  trained: boolean;
  held_back?: { checked: number; right: number; confused_with?: string };
}

export interface IntentVersion {
  version: number;
  active: boolean;
  created_at: string;
  by: string;
  note: string;
  intents: number;
  examples: number;
  held_back: number;
  accuracy: number;
}

export interface IntentList {
  items: TaughtIntent[];
  version?: IntentVersion;
  added?: number;
  removed?: number;
  problem?: string;
}

export interface IntentExample {
  id: string;
  intent: string;
  text: string;
  from: 'starter' | 'folder' | 'file' | 'import' | 'review' | 'person';
  place?: string;
  event?: string;
  by: string;
  at?: string;
  new: boolean;
}

export interface IntentTraining {
  state: 'none' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  stage?: 'embed' | 'check' | 'scope' | 'train';
  done: number;
  all: number;
  cancelling?: boolean;
  by?: string;
  ended_at?: string;
  error?: string;
  problems?: { location?: string; message: string }[];
  stopped?: Verdict;
  version?: number;
  changed?: boolean;
}

export interface Spread {
  n: number;
  p50_s: number;
  p90_s: number;
}

export interface Ratings {
  n: number;
  asked: number;
  good: number;
  mean: number;
}

export interface Kept {
  n: number;
  kept: number;
}

export interface Figures {
  begun: number;
  bot: number;
  handed: number;
  handled: number;
  handle: Spread;
  transfers: number;
  first_reply: Spread;
  wait: Spread;
  in_time: number;
  abandoned: number;
  messages: number;
  bot_ratings: Ratings;
  ratings: Ratings;
  tickets_made: number;
  tickets_solved: number;
  tickets_reopened: number;
  first_kept: Kept;
  next_kept: Kept;
  resolve_kept: Kept;
}

export interface ReportGroup extends Figures {
  id: string;
  name: string;
}

/** What became of conversations and tickets in some days. */
export interface Report {
  from: string;
  to: string;
  zone: string;
  made_at: string;
  past: boolean;
  backlog: { open: number; late: number };
  total: Figures;
  days: ReportGroup[];
  queues: ReportGroup[];
  agents: ReportGroup[];
  inboxes: ReportGroup[];
  codes: { code: string; name: string; n: number }[];
  before?: { from: string; to: string; until?: string; total: Figures };
}

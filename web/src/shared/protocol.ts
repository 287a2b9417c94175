// The wire's words, as docs/protocol.md says them. Both pages and the client
// library share these types; nothing here has behaviour.

export type AuthorKind = 'visitor' | 'bot' | 'agent' | 'system';
export type Speaker = 'bot' | 'human';
export type Service = 'bot' | 'waiting' | 'offered' | 'active' | 'wrapup' | 'closed' | 'parked';
export type EventKind = 'message' | 'note' | 'answer' | 'finished' | 'service' | 'feedback' | 'ticket' | 'rating';
export type Decision = 'answer' | 'smalltalk' | 'clarify' | 'offer' | 'handoff' | 'refuse' | 'flow';
export type RunState = 'queued' | 'active' | 'streaming' | 'complete' | 'cancelled' | 'failed' | 'superseded';
export type Why = 'not_my_question' | 'incomplete' | 'wrong' | 'out_of_date';

export interface Author {
  kind: AuthorKind;
  id: string;
  name: string;
}

export interface Source {
  document: string;
  path: string;
  title: string;
  url: string;
  heading: string[];
  score: number;
}

export interface Attachment {
  id: string;
  name: string;
  type: string;
  size: number; // bytes
  url: string;
}

export interface Summary {
  problem: string;
  fields?: { name: string; value: string }[];
  tried?: Source[];
  sentiment: number; // −1…1
  next: string;
}

/** How a chat was put in line: which rules spoke, and what raised it by itself. */
/** The ticket that a rule makes. */
export interface TicketOrder {
  queue?: string; // absent: that of the conversation
  priority?: number; // absent: that of the conversation
  status?: 'open' | 'pending'; // absent: open
  instead?: boolean; // of waiting in line
}

export interface Placing {
  queue?: string;
  priority: number;
  skills: string[];
  rules: { rule: string; name: string; because: string[]; queue?: string; skills?: string[]; priority?: number; ticket?: TicketOrder; ignored?: string[] }[];
  raised: { why: 'reason' | 'sentiment'; by: number }[];
}

/** An agent as they stood when somebody was chosen. */
export interface RoutedAgent {
  agent: string;
  name: string;
  lacks: string[];
  skills: number; // how many they have
  load: number; // what chats and open offers took of the capacity
  capacity: number;
  spare: number; // free share of their places by weight
  idle_s?: number; // absent: never had a chat
  last?: boolean;
  not?: 'passing' | 'missed' | 'off_duty' | 'gone' | 'skills' | 'full' | 'passed' | 'kept' | 'not_best'; // absent: chosen
}

/** Why an offer went to whom it went; agents only. */
export interface Routing {
  waited_s: number;
  queue: string; // empty: the main one
  takes?: number; // of an agent's capacity; absent: one
  priority: number;
  wanted: string[];
  given_up: string[];
  present: number;
  candidates: RoutedAgent[]; // the chosen one first
}

/** One line of a conversation's timeline. `n` is dense from 1 in the reader's view. */
export interface Event {
  id: string;
  n: number;
  kind: EventKind;
  author: Author;
  client_msg_id?: string;
  at: string;
  text?: string;
  written?: string; // what the agent wrote, when text is the translation of it; agents only
  translated?: boolean;
  language?: string;
  decision?: Decision;
  sources?: Source[];
  suggestions?: string[];
  attachments?: Attachment[];
  run?: string;
  of?: string;
  state?: RunState;
  service?: Service;
  speaker?: Speaker;
  agent?: { id: string; name: string };
  change?: string;
  reason?: string;
  summary?: Summary;
  placing?: Placing; // agents only
  code?: { id: string; name: string }; // of a chat that ended; agents only
  rate?: boolean; // the talk ended with this: the visitor may be asked how it was
  score?: number; // of a rating, 1 to 5
  about?: 'bot' | 'agent'; // of a rating
  routing?: Routing;
  tell?: string[]; // agents to whom it was shown at once
  whisper?: boolean;
  helpful?: boolean;
  why?: string;
  via?: 'mail'; // the message came by e-mail
  ticket?: TicketMark; // of kind ticket, which visitors never get
  number?: number; // of kind service: the ticket that keeps the visitor's wish
}

export type TicketStatus = 'open' | 'pending' | 'solved' | 'closed';

export interface TicketMark {
  id: string;
  number: number;
  status: TicketStatus;
  other?: number; // that it was merged into or linked with
  assignee?: string;
}

export interface Conversation {
  id: string;
  client_conv_id?: string;
  inbox: string;
  speaker: Speaker;
  service: Service;
  agent?: { id: string; name: string };
  queue?: string;
  language: string;
  sentiment?: number;
  reason?: string;
  last?: { text: string; by: AuthorKind };
  visitor?: { id: string; name: string; email?: string; attributes?: Record<string, string> };
  created_at: string;
  updated_at?: string; // absent where the server did not look it up
  enqueued_at?: string;
  offered_until?: string;
  wrap_up_until?: string; // the time for notes ends then
  n: number;
  version?: number; // visitors are not told
  facts?: { name: string; value: string }[];
  summary?: Summary;
  page?: string;
  online?: boolean; // absent: not known
  moods?: number[];
  earlier?: Conversation[];
}

/** RFC 9457 document. */
export interface ProblemDocument {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  code?: string;
  errors?: { location?: string; message: string }[];
}

export interface Cursor {
  id: string;
  epoch: string;
  n: number;
}

export interface SendFrame {
  type: 'send';
  id: string;
  conversation?: string;
  client_conv_id?: string;
  text: string;
  written?: string; // agents: their own words, which text is the translation of
  attachments?: string[];
  after?: string;
  kind?: 'message' | 'note' | 'whisper';
  mentions?: string[];
  page?: string;
}

export type ClientFrame =
  | { type: 'hello'; token?: string; csrf?: string; language?: string; conversations: Cursor[]; feed?: boolean }
  | { type: 'watch'; conversation: string; epoch: string; n: number }
  | { type: 'unwatch'; conversation: string }
  | SendFrame
  | { type: 'typing'; conversation: string; on: boolean; note?: boolean }
  | { type: 'text'; run: string; attempt: number; offset: number }
  | { type: 'stop'; run: string }
  | { type: 'pong' };

export interface Reservation {
  id: string;
  conversation: Conversation | string;
  offered_at?: string;
  deadline: string;
  summary?: Summary;
  reason?: string;
}

export interface Agent {
  id: string;
  name: string;
  duty: 'on' | 'away' | 'off' | 'missed' | 'drain';
  load: number;
  reserved: number;
  taken: number; // of the capacity, by chats and open offers
  capacity: number;
  skills?: string[];
}

export interface Place {
  conversation: string;
  position: number; // from 1; 0 when nobody is on duty
  wait_s?: number;
  wait_upper_s?: number;
  open: boolean;
  opens_at?: string;
  offered?: boolean; // somebody is asked to take it now
}

export interface EventsFrame {
  type: 'events';
  conversation: Conversation;
  events: Event[];
  top: number;
  mode: 'delta' | 'snapshot' | 'live';
  has_older?: boolean;
}

export type ServerFrame =
  | { type: 'welcome'; now: string; epoch: string; ping_s: number; me: unknown }
  | EventsFrame
  | { type: 'synced'; conversation: string; n: number }
  | { type: 'ack'; id: string; conversation: string; event?: Event; dup?: boolean }
  | { type: 'nack'; id: string; problem: ProblemDocument; retry_after_ms?: number }
  | { type: 'delta'; conversation: string; run: string; event: string; attempt: number; offset: number; text: string }
  | { type: 'reset'; conversation: string; run: string; event: string; attempt: number; text: string }
  | { type: 'typing'; conversation: string; author: Author; stage: string }
  | { type: 'viewers'; conversation: string; agents: { id: string; name: string }[] }
  | { type: 'notice'; conversation: Conversation; event: Event }
  | ({ type: 'place' } & Place)
  | { type: 'conversation'; conversation: Conversation }
  | { type: 'offer'; reservation: Reservation }
  | { type: 'offer_end'; reservation: { id: string; state: string } }
  | { type: 'agent'; agent: Agent }
  | { type: 'gone'; conversation: string }
  | { type: 'ping' }
  | { type: 'drain'; retry_after_ms: number }
  | { type: 'error'; problem: ProblemDocument };

/** What a visitor's page knows of its inbox. */
export interface InboxSettings {
  id: string;
  name: string;
  accent?: string;
  greeting?: { en?: string; zh?: string };
  language?: string;
  people?: { open: boolean; opens_at?: string; wait_s?: number };
  uploads?: { max_bytes?: number; types?: string[] };
}

export interface VisitorSession {
  token: string;
  visitor: { id: string; name: string };
  expires_at: string;
  inbox: InboxSettings;
}

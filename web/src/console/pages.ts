import Activity from '@lucide/svelte/icons/activity';
import ChartLine from '@lucide/svelte/icons/chart-line';
import BookOpen from '@lucide/svelte/icons/book-open';
import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import ListOrdered from '@lucide/svelte/icons/list-ordered';
import Inbox from '@lucide/svelte/icons/inbox';
import MessageSquareText from '@lucide/svelte/icons/message-square-text';
import Split from '@lucide/svelte/icons/split';
import Lightbulb from '@lucide/svelte/icons/lightbulb';
import Settings from '@lucide/svelte/icons/settings-2';
import Ticket from '@lucide/svelte/icons/ticket';
import Users from '@lucide/svelte/icons/users-round';
import type { Component } from 'svelte';
import type { Role } from './api';
import type { App } from './app.svelte';
import InboxPage from './inbox/InboxPage.svelte';
import IntentsPage from './intents/IntentsPage.svelte';
import KnowledgePage from './knowledge/KnowledgePage.svelte';
import UsersPage from './people/UsersPage.svelte';
import ReportsPage from './reports/ReportsPage.svelte';
import RepliesPage from './replies/RepliesPage.svelte';
import RulesPage from './rules/RulesPage.svelte';
import SettingsPage from './settings/SettingsPage.svelte';
import ShiftsPage from './shifts/ShiftsPage.svelte';
import TicketsPage from './tickets/TicketsPage.svelte';
import QueuesPage from './queues/QueuesPage.svelte';
import WallPage from './wall/WallPage.svelte';
import type { CoreWord } from './words/core';

export interface ConsolePage {
  id: string; // first part of the hash
  key: string; // the letter after G
  word: CoreWord;
  icon: typeof Inbox;
  roles: Role[]; // any of these; empty: everybody
  view: Component<{ app: App }>;
}

/** Every page of the console, in the rail's order. A new page is a line here and a folder beside this file. */
export const pages: ConsolePage[] = [
  { id: 'inbox', key: 'i', word: 'inbox', icon: Inbox, roles: ['agent', 'supervisor', 'administrator'], view: InboxPage },
  { id: 'tickets', key: 'c', word: 'tickets', icon: Ticket, roles: ['agent', 'supervisor', 'administrator'], view: TicketsPage },
  { id: 'live', key: 'l', word: 'live', icon: Activity, roles: ['supervisor', 'administrator'], view: WallPage },
  { id: 'reports', key: 'e', word: 'reports', icon: ChartLine, roles: ['supervisor', 'administrator'], view: ReportsPage },
  { id: 'knowledge', key: 'k', word: 'knowledge', icon: BookOpen, roles: ['editor', 'administrator'], view: KnowledgePage },
  { id: 'intents', key: 't', word: 'intents', icon: Lightbulb, roles: ['editor', 'administrator'], view: IntentsPage },
  { id: 'replies', key: 'p', word: 'replies', icon: MessageSquareText, roles: ['agent', 'supervisor', 'administrator'], view: RepliesPage },
  { id: 'rules', key: 'r', word: 'rules', icon: Split, roles: ['supervisor', 'administrator'], view: RulesPage },
  { id: 'queues', key: 'q', word: 'queues', icon: ListOrdered, roles: ['supervisor', 'administrator'], view: QueuesPage },
  { id: 'shifts', key: 'h', word: 'shifts', icon: CalendarClock, roles: ['supervisor', 'administrator'], view: ShiftsPage },
  { id: 'users', key: 'u', word: 'users', icon: Users, roles: ['administrator'], view: UsersPage },
  { id: 'settings', key: 's', word: 'settings', icon: Settings, roles: [], view: SettingsPage },
];

export function pagesFor(app: App): ConsolePage[] {
  return pages.filter((p) => p.roles.length === 0 || app.has(...p.roles));
}

import { Problem } from '../../shared/client/http';
import type { Page, Ticket } from '../api';
import type { App } from '../app.svelte';

/** Makes a ticket of a conversation and goes to it; to the one that it has already, when it has one. */
export async function ticketFor(app: App, conversation: string): Promise<void> {
  try {
    let made: Ticket | undefined;
    try {
      made = await app.http.post<Ticket>('/tickets', { conversation });
    } catch (e) {
      if (!(e instanceof Problem) || e.status !== 409) throw e;
      made = (await app.http.get<Page<Ticket>>(`/tickets?conversation=${conversation}&sort=newest&limit=1`)).items[0];
    }
    if (made) app.router.go('tickets', 'all', made.id);
  } catch (e) {
    app.say(app.why(e), 'bad');
  }
}

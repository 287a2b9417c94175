// The whole path on one node with the embedded store.
import { startServer } from './lib.mjs';
import { walk } from './walk.mjs';

walk(startServer);

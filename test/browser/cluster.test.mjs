// The whole path on two nodes behind nginx, one of which is killed in the middle.
// TestBrowser in test/cluster starts them, and this.
import { joinCluster } from './lib.mjs';
import { walk } from './walk.mjs';

walk(joinCluster, { nodes: 2 });

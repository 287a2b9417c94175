import { mount } from 'svelte';
import './console.css';
import { App } from './app.svelte';
import Root from './Root.svelte';

const app = new App();
mount(Root, { target: document.getElementById('app') as HTMLElement, props: { app } });
void app.start();

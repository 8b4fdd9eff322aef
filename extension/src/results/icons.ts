import { LabIcon } from '@jupyterlab/ui-components';

function drawn(name: string, paths: string): LabIcon {
  return new LabIcon({
    name: `jupyter-dbaas:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">${paths}</g></svg>`
  });
}

export const chartIcon = drawn(
  'chart',
  '<path d="M4 19h17v2H2V3h2zM7 10h3v7H7zM12 5h3v12h-3zM17 12h3v5h-3z"/>'
);

export const valueIcon = drawn(
  'value',
  '<path d="M3 4h18v16H3zm2 2v12h7V6zm9 0v12h5V6zm1.500 3h2v1.500h-2zm0 3h2v1.500h-2z" fill-rule="evenodd"/>'
);

export const frameIcon = drawn(
  'frame',
  '<path d="M3 4h14v7h-2V9.500h-4V12h2v2h-2v3H13v2H3zm2 2v2h10V6zm0 3.500V12h4V9.500zM5 14v3h4v-3z" fill-rule="evenodd"/><path d="m17 13 5 3.500-5 3.500v-2.500h-3v-2h3z"/>'
);

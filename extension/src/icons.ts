import { LabIcon } from '@jupyterlab/ui-components';

/** The sidebar's tab: the one picture that is needed before the panel is. */
export const databasesIcon = new LabIcon({
  name: 'jupyter-dbaas:databases',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <g class="jp-icon3 jp-icon-selectable" fill="#616161">
      <path d="M12 2.5c-4.6 0-8 1.5-8 3.6s3.4 3.6 8 3.6 8-1.5 8-3.6-3.4-3.6-8-3.6z"/>
      <path d="M4 8.600v3.6c0 2.100 3.4 3.6 8 3.6s8-1.5 8-3.6V8.600c-1.5 1.800-4.600 2.700-8 2.700s-6.500-.900-8-2.700z"/>
      <path d="M4 14.700v3.200c0 2.100 3.4 3.6 8 3.6s8-1.5 8-3.6v-3.200c-1.5 1.800-4.600 2.700-8 2.700s-6.500-.900-8-2.700z"/>
    </g>
  </svg>`
});

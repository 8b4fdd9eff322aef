import { LabIcon } from '@jupyterlab/ui-components';

/** The sidebar's tab, and the tabs of GraphiQL: the pictures that are needed before what they stand for is loaded. */
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

export const graphqlIcon = new LabIcon({
  name: 'jupyter-dbaas:graphql',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <g class="jp-icon3 jp-icon-selectable" fill="#616161">
      <path fill-rule="evenodd" d="M12 4.800 5.750 8.400v7.200L12 19.200l6.250-3.600V8.400zM12 6.550l3.900 6.750H8.100zM7.250 9.300v3.600l1.400-2.400zM16.750 9.300l-1.400 1.200 1.400 2.400zM8.100 14.800 12 17.050l3.900-2.250z"/>
      <circle cx="12" cy="4" r="2"/><circle cx="12" cy="20" r="2"/><circle cx="5" cy="8" r="2"/>
      <circle cx="19" cy="8" r="2"/><circle cx="5" cy="16" r="2"/><circle cx="19" cy="16" r="2"/>
    </g>
  </svg>`
});

/** GraphiQL below a bar in which one says who asks. */

import * as React from 'react';

import { Explorer } from './explorer.js';
import type { ExplorerProps } from './explorer.js';

export interface FrameProps extends ExplorerProps {
  /** The bar's fields. */
  children: React.ReactNode;
  /** The bar's form was sent. */
  onSubmit?: (form: HTMLFormElement) => void;
}

export function Frame({ children, onSubmit, ...explorer }: FrameProps): React.ReactElement {
  return (
    <div className="dbaas-GraphiQL">
      <form
        className="dbaas-GraphiQL-bar"
        onSubmit={event => {
          event.preventDefault();
          onSubmit?.(event.currentTarget);
        }}
      >
        {children}
      </form>
      <Explorer {...explorer} />
    </div>
  );
}

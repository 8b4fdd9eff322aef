import * as React from 'react';

/** Where an element is scrolled to and how much of it is seen, in pixels. */
export function useViewport(ref: React.RefObject<HTMLElement>): [top: number, height: number] {
  const [viewport, setViewport] = React.useState<[number, number]>([0, 600]);
  React.useLayoutEffect(() => {
    const node = ref.current;
    if (!node) {
      return undefined;
    }
    const measure = (): void => {
      setViewport(last =>
        last[0] === node.scrollTop && last[1] === node.clientHeight
          ? last
          : [node.scrollTop, node.clientHeight]
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    node.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      node.removeEventListener('scroll', measure);
    };
  }, [ref]);
  return viewport;
}

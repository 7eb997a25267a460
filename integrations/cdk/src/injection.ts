import * as core from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** The props of a construct after the nearest property injector for it, where this version of the CDK has such. */
export function injected<Props>(scope: Construct, id: string, props: Props, injectionId: string): Props {
  const injectors: typeof core.PropertyInjectors | undefined = core.PropertyInjectors;
  const found = injectors && scope.node.scopes.reverse()
    .filter((place) => injectors.hasPropertyInjectors(place))
    .map((place) => injectors.of(place).for(injectionId))
    .find((injector) => injector);
  return found ? found.inject(props, { scope, id }) as Props : props;
}

# What to say of services that a host names and nobody defines: a name that is spelt wrong restarts nothing, without a
# word.
{ lib }:
{
  # Whether a service has anything to start.
  undefined =
    isDefined: name: host:
    map (
      service:
      "plugin-lock: programs.plugin-lock.hosts.${name}.services names ${service}, and this configuration has no "
      + "service of that name; spell it as it is defined"
      + lib.optionalString (lib.hasSuffix ".service" service) ", without `.service`"
    ) (builtins.filter (service: !(isDefined service)) host.services);
}

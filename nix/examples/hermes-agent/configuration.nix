# hermes-agent on NixOS.  Imported beside hermes-agent's own module, plugin-lock's `nixosModules.default` and its adapter
# `nixosModules.hermes-agent`.
{ ... }:
{
  services.hermes-agent = {
    enable = true;
    # Packaged by hand, as before; locked plugins come besides.
    # extraPythonPackages = [ … ];
  };

  # hermes-agent's package, its environment, its user and its folders are known to the adapter.
  programs.plugin-lock.hosts.hermes-agent.lock = ./plugins.lock;

  programs.plugin-lock.hermes-agent = {
    # Names for `settings.plugins.enabled` besides those of the locked plugins.
    alsoEnabled = [ "packaged-by-hand" ];
    # A memory provider is known by the name of its folder.
    linkedByName = [ "notes" ];
  };
}

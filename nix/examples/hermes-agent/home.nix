# hermes-agent with Home Manager.  Imported beside hermes-agent's own module, plugin-lock's `homeModules.default` and its
# adapter `homeModules.hermes-agent`.
{ ... }:
{
  services.hermes-agent.enable = true;

  programs.plugin-lock.hosts.hermes-agent = {
    lock = ./plugins.lock;
    plugins = [ "weather-plugin" ];
  };

  # To hermes-agent's own option instead of into its package.
  programs.plugin-lock.hermes-agent.way = "option";
}

import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.Build;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

/** Starts one Elasticsearch 8 or 9 node inside this JVM: see Launch for the arguments. */
public final class Main {
    public static void main(String[] args) throws Exception {
        Launch launch = Launch.of(args);
        Path home = launch.home();
        Settings.Builder settings = Settings.builder().put("path.home", home.toString());
        launch.settings().forEach(settings::put);
        LogConfigurator.registerErrorListener();
        Environment env = InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), home.resolve("config"), () -> "kit");
        LogConfigurator.configure(env, true);
        PluginsLoader loader = PluginsLoader.createPluginsLoader(
            bundles("loadModulesBundles", env.modulesDir()), bundles("loadPluginsBundles", env.pluginsDir()), Map.of(), false);
        Node node = new Node(env, loader);
        node.injector().getInstance(RestController.class).registerHandler(new Root(node));
        node.start();
        var address = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress();
        launch.serve(address.getPort(), () -> {
            node.prepareForClose();
            node.close();
        });
    }

    /** The 8.x method takes the folder alone, the 9.x one a second flag (stateless) as well. */
    @SuppressWarnings("unchecked")
    private static Set<PluginBundle> bundles(String name, Path dir) throws Exception {
        for (var m : PluginsLoader.class.getMethods()) {
            if (m.getName().equals(name)) {
                try {
                    return (Set<PluginBundle>) (m.getParameterCount() == 1 ? m.invoke(null, dir) : m.invoke(null, dir, false));
                } catch (InvocationTargetException e) {
                    throw (Exception) e.getCause();
                }
            }
        }
        throw new NoSuchMethodException(name);
    }

    /** GET / and HEAD /: the distribution has them in its rest-root module, which Maven Central does not carry. */
    private record Root(Node node) implements RestHandler {
        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
        }

        @Override
        public void handleRequest(RestRequest request, RestChannel channel, NodeClient client) throws Exception {
            var state = node.injector().getInstance(ClusterService.class).state();
            Build build = Build.current();
            XContentBuilder json = channel.newBuilder();
            if (request.hasParam("pretty") == false) {
                json.prettyPrint().lfAtEnd();
            }
            json.startObject();
            json.field("name", Node.NODE_NAME_SETTING.get(node.settings()));
            json.field("cluster_name", state.getClusterName().value());
            json.field("cluster_uuid", state.metadata().clusterUUID());
            json.startObject("version")
                .field("number", build.version())
                .field("build_flavor", build.flavor())
                .field("build_type", build.type().displayName())
                .field("build_hash", build.hash())
                .field("build_date", build.date())
                .field("build_snapshot", build.isSnapshot())
                .field("lucene_version", IndexVersion.current().luceneVersion().toString())
                .field("minimum_wire_compatibility_version", build.minWireCompatVersion())
                .field("minimum_index_compatibility_version", build.minIndexCompatVersion())
                .endObject();
            json.field("tagline", "You Know, for Search");
            json.endObject();
            channel.sendResponse(new RestResponse(RestStatus.OK, json));
        }
    }
}

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

/** Starts one OpenSearch 2 node inside this JVM: see Launch for the arguments. */
public final class Main extends Node {
    private static final String[] PLUGINS = {
        "org.opensearch.transport.Netty4Plugin",
        "org.opensearch.painless.PainlessPlugin",
        "org.opensearch.analysis.common.CommonAnalysisPlugin",
        "org.opensearch.ingest.common.IngestCommonPlugin",
        "org.opensearch.ingest.useragent.IngestUserAgentPlugin",
        "org.opensearch.index.mapper.MapperExtrasPlugin",
        "org.opensearch.index.reindex.ReindexPlugin",
        "org.opensearch.percolator.PercolatorPlugin",
        "org.opensearch.join.ParentJoinPlugin",
        "org.opensearch.script.mustache.MustachePlugin",
        "org.opensearch.script.expression.ExpressionPlugin",
        "org.opensearch.search.aggregations.matrix.MatrixAggregationPlugin",
        "org.opensearch.index.rankeval.RankEvalPlugin",
        "org.opensearch.geo.GeoModulePlugin",
        "org.opensearch.plugin.repository.url.URLRepositoryPlugin",
    };

    private Main(Environment env, List<Class<? extends Plugin>> plugins) {
        super(env, plugins, false);
    }

    public static void main(String[] args) throws Exception {
        Launch launch = Launch.of(args);
        Path home = launch.home();
        Settings.Builder settings = Settings.builder().put("path.home", home.toString());
        launch.settings().forEach(settings::put);
        LogConfigurator.registerErrorListener();
        Environment env = InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), home.resolve("config"), () -> "kit");
        LogConfigurator.configure(env);
        List<Class<? extends Plugin>> plugins = new ArrayList<>();
        for (String name : PLUGINS) {
            plugins.add(Class.forName(name).asSubclass(Plugin.class));
        }
        Node node = new Main(env, plugins).start();
        var address = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress();
        launch.serve(address.getPort(), () -> {
            node.close();
            node.awaitClose(10, TimeUnit.SECONDS);
        });
    }
}

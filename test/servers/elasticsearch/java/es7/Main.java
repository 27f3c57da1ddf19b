import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.index.mapper.MapperExtrasPlugin;
import org.elasticsearch.index.rankeval.RankEvalPlugin;
import org.elasticsearch.join.ParentJoinPlugin;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.percolator.PercolatorPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.reindex.ReindexPlugin;
import org.elasticsearch.script.mustache.MustachePlugin;
import org.elasticsearch.search.aggregations.matrix.MatrixAggregationPlugin;
import org.elasticsearch.transport.Netty4Plugin;

/** Starts one Elasticsearch 7 node inside this JVM: see Launch for the arguments. */
public final class Main extends Node {
    private static final Collection<Class<? extends Plugin>> PLUGINS = List.of(
        Netty4Plugin.class, ReindexPlugin.class, MapperExtrasPlugin.class, MustachePlugin.class, ParentJoinPlugin.class,
        PercolatorPlugin.class, RankEvalPlugin.class, MatrixAggregationPlugin.class);

    private Main(Environment env) {
        super(env, PLUGINS, false);
    }

    public static void main(String[] args) throws Exception {
        Launch launch = Launch.of(args);
        Path home = launch.home();
        Settings.Builder settings = Settings.builder().put("path.home", home.toString());
        launch.settings().forEach(settings::put);
        LogConfigurator.registerErrorListener();
        Environment env = InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), home.resolve("config"), () -> "kit");
        LogConfigurator.configure(env);
        Node node = new Main(env).start();
        var address = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress();
        launch.serve(address.getPort(), () -> {
            node.close();
            node.awaitClose(10, TimeUnit.SECONDS);
        });
    }
}

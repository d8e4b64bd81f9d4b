"""What each setting, job and reader of the memory is, in words for those who run the platform."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

NOTES = _("只供查看。修改配置请在平台所在机器上编辑 jiangyuan.toml 或环境变量，重启后生效；口令和密钥不显示。")
MEANINGS: dict[str, Any] = {
    "home": _("存放密钥、日志、内嵌数据库和上传文件的文件夹"),
    "database_url": _("门户连接数据库的地址（不设则用内嵌数据库）"),
    "owner_url": _("表的属主连接数据库的地址，只有升级和后台程序使用"),
    "reader_url": _("读取受控数据的连接地址"),
    "gateway_url": _("服务网关连接数据库的地址"),
    "master_key_file": _("主密钥文件，放在数据库和备份之外"),
    "secret_key": _("签署会话和表单的密钥"),
    "node_code": _("本节点在级联中的代号"),
    "node_name": _("每一页显示的平台名称"),
    "province_code": _("所服务省份的行政区划代码"),
    "authority_name": _("本省政务数据共享主管部门的名称"),
    "web_host": _("门户监听的地址"),
    "web_port": _("门户监听的端口"),
    "gateway_host": _("服务网关监听的地址"),
    "gateway_port": _("服务网关监听的端口"),
    "public_url": _("用户访问门户的网址"),
    "file_root": _("文件类数据源只能放在这个文件夹下"),
    "egress_allow": _("允许平台连接的主机和网段（数据源、认证系统）"),
    "debug": _("出错页显示技术细节；正式运行不得打开"),
    "https": _("门户经 HTTPS 访问，Cookie 只走加密连接"),
    "log_level": _("日志的详细程度"),
    "embedded_engine_memory": _("内嵌分析引擎的内存上限"),
    "query_seconds": _("一次查询最长的秒数"),
    "query_rows": _("一次查询最多的行数"),
    "idle_minutes": _("多少分钟不操作自动退出登录"),
    "oidc_issuer": _("统一身份认证系统的标识网址（不设则只用口令登录）"),
    "oidc_client_id": _("本平台在认证系统中的名称"),
    "oidc_client_secret": _("本平台在认证系统中的密钥"),
    "oidc_claim": _("认证系统用哪一项说明是谁，与登录名对应"),
    "oidc_name": _("登录页上认证系统的名称"),
    "upload_bytes": _("上传文件的最大字节数"),
    "map_file": _("本省地图文件（GeoJSON，按六位区划代码；不设则画方格示意图）"),
    "map_number": _("地图的审图号，印在地图下方"),
    "map_inset": _("地图上另外放大显示的地区（区划代码开头，默认西宁、海东）"),
    "purposes_file": _("用途代码表（JSON；不设则用随平台提供的代码表）"),
    "public_figures": _("不登录也能在首页看到的数字"),
    "mail_host": _("发送消息的邮件服务器（不设则不发邮件）"),
    "mail_port": _("邮件服务器的端口"),
    "mail_security": _("连接邮件服务器的加密方式：starttls、tls 或 none"),
    "mail_user": _("邮件服务器上的账号（不设则不要求登录）"),
    "mail_password": _("邮件服务器上账号的口令"),
    "mail_from": _("消息邮件的发件地址"),
    "demo": _("正在运行演示，只由 jiangyuan demo 在本机设置"),
}
WORKS: dict[str, Any] = {
    "delivery.stop_with_grant": _("授权停止时停止交付"),
    "ingestion.follow_connections": _("数据源恢复后继续归集"),
    "ingestion.follow_publications": _("目录发布后开始归集"),
    "ingestion.follow_scans": _("扫描后核对表结构的变化"),
    "notices.answer": _("告诉申请人有了答复"),
    "notices.clock": _("提醒临近和超过的期限"),
    "notices.desk": _("告诉下一位经办人"),
    "notices.failure": _("告诉有关人员数据没有送到"),
    "notices.warning": _("告诉经办人有变化预警"),
    "sharing.judge_again": _("目录改版后重新核对申请"),
    "sharing.serve_what_arrived": _("数据到达后开通已批准的授权"),
    "drafts.forget": _("清除过期的表单草稿"),
    "figures.refresh": _("更新总览的数字"),
    "ingestion.drop": _("删除不再归集的数据"),
    "ingestion.poll": _("查看来源有没有新数据"),
    "ingestion.release": _("释放来源上的增量通道"),
    "ingestion.verify": _("核对归集的数据与来源是否一致"),
    "notices.ahead": _("提醒即将到来的期限"),
    "notices.daily": _("发送每日汇总邮件"),
    "notices.mail": _("发送消息邮件"),
    "quality.run": _("检查数据质量"),
    "sharing.expire": _("停止到期的授权"),
    "sharing.materialize": _("开通授权，准备数据"),
    "sharing.remove": _("收回授权，移除数据"),
    "sharing.reply": _("代为答复无条件共享的申请"),
    "sources.scan": _("扫描数据源的表结构"),
    "sources.test": _("测试数据源的连接"),
    "stagehand.correct": _("演示：更正一条记录"),
    "stagehand.register_death": _("演示：登记一人死亡"),
}
"""What each job and each reader of the memory does; its name is what the log calls it."""


def work_title(name: str) -> Any:
    """Give what a job or a reader of the memory does; its name while nobody has said it in words."""
    return WORKS.get(name, name)
